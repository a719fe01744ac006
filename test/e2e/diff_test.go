package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// compared is a folder of the fleet, and a Kustomization that adds to it what one can.
const compared = `
apiVersion: v1
kind: ConfigMap
metadata: {name: compared-from, namespace: app-dev}
data: {domain: preview.example.com}
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: compared, namespace: app-dev}
spec:
  interval: 10m
  retryInterval: 2s
  prune: true
  path: ./compared/app
  sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}
  targetNamespace: app-dev
  namePrefix: a-
  nameSuffix: -z
  commonMetadata: {labels: {team: api}, annotations: {example.com/by: flux}}
  components: [../more]
  images: [{name: registry.example.com/compared, newTag: v1}]
  patches:
    - target: {kind: Deployment}
      patch: |
        - {op: add, path: /spec/template/metadata/annotations, value: {patched: "yes"}}
  postBuild:
    substitute: {level: warn}
    substituteFrom: [{kind: ConfigMap, name: compared-from}]
`

var comparedFiles = map[string]string{
	"compared/app/kustomization.yaml": "resources: [settings.yaml, app.yaml]\n",
	"compared/app/settings.yaml":      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {host: \"api.${domain}\", level: \"${level}\"}\n",
	"compared/app/app.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: compared}
spec:
  replicas: 0
  selector: {matchLabels: {app: compared}}
  template:
    metadata: {labels: {app: compared}}
    spec: {containers: [{name: app, image: registry.example.com/compared}]}
`,
	"compared/more/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [more.yaml]\n",
	"compared/more/more.yaml":          "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: more}\ndata: {a: b}\n",
}

// TestWhatFluxHasDeployedIsNoDifference compares a checkout of the fleet with what the
// real kustomize-controller made of it.
func TestWhatFluxHasDeployedIsNoDifference(t *testing.T) {
	pr := preview(t, "Change nothing")
	must(t, world.Forge.AddToFleet(t.Context(), "Add what is compared", comparedFiles))
	must(t, world.Apply(t.Context(), strings.Split(compared, "\n---\n")...))
	ks := &kustomizev1.Kustomization{ObjectMeta: metav1.ObjectMeta{Namespace: actors.Namespace, Name: "compared"}}
	t.Cleanup(func() {
		if err := world.Kube.Delete(context.Background(), ks); err != nil {
			t.Error(err)
		}
	})
	_, err := world.Request(t.Context(), &sourcev1.GitRepository{ObjectMeta: metav1.ObjectMeta{Namespace: "flux-system", Name: "flux-system"}})
	must(t, err)
	expect(t, actors.Claim{What: "Flux has deployed it", Within: time.Minute, Check: func(ctx context.Context) error {
		if err := world.Kube.Get(ctx, client.ObjectKeyFromObject(ks), ks); err != nil {
			return err
		}
		if ks.Status.Inventory == nil || len(ks.Status.Inventory.Entries) != 3 {
			return fmt.Errorf("it has %v", ks.Status.Conditions)
		}
		return nil
	}})

	fleet := filepath.Join(t.TempDir(), "fleet")
	if text, err := exec.CommandContext(t.Context(), "git", "clone", "-q", world.Forge.FleetURL(), fleet).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, args := range []string{
		"-f compared/app", "-f compared/app/app.yaml", "-f compared/app/settings.yaml", "-f compared/more/more.yaml --kustomization app-dev/compared",
		"-f clusters/eks/infrastructure/app-common-dev", "-f clusters/eks/apps/api/pr-template --kustomization app-dev/" + pr.Kustomization(),
	} {
		t.Run(args, func(t *testing.T) {
			binary, err := world.Programs.Eddy(t.Context())
			must(t, err)
			command := exec.CommandContext(t.Context(), binary, append([]string{"diff"}, strings.Fields(args)...)...)
			command.Dir = fleet
			command.Env = append(os.Environ(), "KUBECONFIG="+world.System.Kubeconfig)
			if text, err := command.CombinedOutput(); err != nil || string(text) != "Nothing would change.\n" {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
}

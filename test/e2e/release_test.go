package e2e_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// TestTheChartIsInstalledUpgradedAndTakenOut plays what docs/install.md says of Helm, and
// of Flux's HelmRelease, with Helm itself, Flux, a registry and pods. Nothing of it
// touches the previews that run.
func TestTheChartIsInstalledUpgradedAndTakenOut(t *testing.T) {
	ownSystem(t)
	r := newRelease(t)
	r.play(t, "kubectl create namespace app-dev")
	must(t, world.PrepareForOperator(t.Context()))
	r.version(t, "0.1.0")
	r.play(t, "helm install eddy charts/eddy --namespace flux-system --set 'previews.namespaces={app-dev}'")
	must(t, world.StartPreviews(t.Context()))
	r.opens(t)
	r.gone = recordDeletions(t)
	t.Run("helm upgrade", r.helmUpgrade)
	t.Run("more shards", r.shards)
	t.Run("helm uninstall", func(t *testing.T) {
		r.play(t, "helm uninstall eddy --namespace flux-system")
		expect(t, r.left("crd/resourcesetinputproviders.fluxcd.controlplane.io", "crd/resourcesets.fluxcd.controlplane.io"))
		r.untouched(t)
	})
	t.Run("a HelmRelease", r.helmRelease)
	t.Run("all of it is taken out", func(t *testing.T) {
		r.untouched(t)
		r.play(t, "kubectl delete resourcesets,resourcesetinputproviders --all -A")
		expect(t, world.Absent(r.running))
		r.run(t, "kubectl -n flux-system delete helmrelease/eddy ocirepository/eddy")
		r.play(t, "kubectl delete crd -l app.kubernetes.io/name=eddy")
		expect(t, r.left())
		still(t, r.left())
	})
	t.Run("an image of one's own", r.ownImage)
}

// opens has the preview run that is there all the time. Nobody closes it: in the end
// there is no watcher that would see it.
func (r *release) opens(t *testing.T) {
	t.Helper()
	var err error
	r.running, err = world.Forge.Open(t.Context(), "Runs all the time")
	must(t, err)
	must(t, world.CI(t.Context(), r.running))
	poll(t)
	expect(t, world.Deployed(r.running))
	expect(t, world.Running(r.running))
}

// helmUpgrade packages the next version, pushes it and upgrades to it.
func (r *release) helmUpgrade(t *testing.T) {
	r.version(t, "0.2.0")
	r.play(t, "helm package charts/eddy")
	r.play(t, "helm push eddy-0.1.0.tgz oci://registry.example.com/charts")
	r.play(t, "helm upgrade eddy oci://registry.example.com/charts/eddy --namespace flux-system --reset-then-reuse-values")
	r.upgraded(t, "0.2.0")
	if values := r.run(t, "helm get values eddy --namespace flux-system"); !strings.Contains(values, "- app-dev") {
		t.Errorf("the values are not carried over:\n%s", values)
	}
}

// shards plays how the operators become more.
func (r *release) shards(t *testing.T) {
	r.play(t, "helm upgrade eddy oci://ghcr.io/eddy-previews/charts/eddy --namespace flux-system --reuse-values --set shards=2")
	r.play(t, "kubectl label resourceset,resourcesetinputprovider --all --namespace web-dev sharding.fluxcd.io/key=shard2")
	leases := r.run(t, "kubectl -n flux-system get leases,deployments -l app.kubernetes.io/name=eddy -o name")
	equal(t, strings.Count(leases, "eddy-shard"), 4)
	r.untouched(t)
}

// helmRelease installs what is in the registry by Flux, and has Flux upgrade it.
func (r *release) helmRelease(t *testing.T) {
	for _, of := range []string{"kind: OCIRepository", "kind: HelmRelease"} {
		must(t, world.Apply(t.Context(), r.here(r.yaml(t, of))))
	}
	r.upgraded(t, "0.2.0")
	r.version(t, "0.3.0")
	r.run(t, "helm package charts/eddy && helm push --plain-http eddy-0.3.0.tgz oci://"+r.registry+"/charts")
	r.run(t, "kubectl -n flux-system annotate --overwrite ocirepository/eddy reconcile.fluxcd.io/requestedAt=now")
	r.upgraded(t, "0.3.0")
	r.run(t, "kubectl -n flux-system wait --for=condition=Ready --timeout=2m helmrelease/eddy")
}

// upgraded sees the release at a version, its definitions too, and that it works: a push
// is deployed, and nothing else has happened to what runs.
func (r *release) upgraded(t *testing.T, version string) {
	t.Helper()
	expect(t, actors.Claim{What: "the operator is of " + version, Within: 2 * time.Minute, Check: func(ctx context.Context) error {
		for _, object := range []string{"deployment/eddy", "serviceaccount/previews -n app-dev", "lease/eddy", "crd/resourcesets.fluxcd.controlplane.io"} {
			text, err := r.try(ctx, "kubectl -n flux-system get "+object+" -o yaml")
			if err != nil || !strings.Contains(text, "helm.sh/chart: eddy-"+version) {
				return fmt.Errorf("%s is of another version (%w)", object, err)
			}
			if strings.HasPrefix(object, "crd/") && !strings.Contains(text, "next: "+version) {
				return fmt.Errorf("the definition is of another version")
			}
		}
		return nil
	}})
	expect(t, world.Manned())
	if !strings.HasSuffix(r.run(t, "kubectl -n flux-system get deployment eddy -o jsonpath={..image}"), "/eddy:v"+version) {
		t.Errorf("it does not run the image of %s", version)
	}
	r.untouched(t)
	r.running = push(t, r.running, "Pushed to "+version)
	poll(t)
	expect(t, world.Deployed(r.running))
	r.uid = ""
	r.untouched(t)
}

// ownImage installs, by eddy, the image that `make image` builds and pushes, for as long as
// no version is released, and takes all of it out again.
func (r *release) ownImage(t *testing.T) {
	r.said(t, "make image PUSH=registry.example.com/eddy")
	printed := r.run(t, "cd '"+world.Programs.Root+"' && "+r.here("make image PUSH=registry.example.com/eddy"))
	digest := regexp.MustCompile(`(?m)^sha256:[0-9a-f]{64}$`).FindString(printed)
	install := "eddy install --image registry.example.com/eddy@DIGEST --create-namespaces --set 'previews.namespaces={app-dev}'"
	r.said(t, install)
	r.run(t, r.here(strings.ReplaceAll(install, "DIGEST", digest)))
	image := r.run(t, "kubectl -n flux-system get deployment eddy -o jsonpath={..image}")
	if digest == "" || !strings.HasPrefix(image, r.registry+"/eddy:") || !strings.HasSuffix(image, "@"+digest) {
		t.Errorf("it runs %s, and what was pushed is\n%s", image, printed)
	}
	r.play(t, "eddy uninstall --crds")
	expect(t, r.left())
	still(t, r.left())
}

// untouched sees that the preview is as it was when it was asked last, and that none has
// gone.
func (r *release) untouched(t *testing.T) {
	t.Helper()
	expect(t, world.Deployed(r.running))
	expect(t, world.Running(r.running))
	equal(t, strings.Join(r.gone(), " "), "")
	deployment := get(t, r.running.Name("api-deployment"), &appsv1.Deployment{})
	now := fmt.Sprint(world.KustomizationOf(r.running).Name, " ", deployment.UID, " ", deployment.Generation)
	if r.uid != "" {
		equal(t, now, r.uid)
	}
	r.uid = now
}

// left claims that of the release there are only some objects, and what Helm keeps of it
// is gone as well.
func (r *release) left(want ...string) actors.Claim {
	return actors.Claim{What: "of the release there is left: " + strings.Join(want, " "), Within: 90 * time.Second, Check: func(ctx context.Context) error {
		text, err := r.try(ctx, `kinds=$(kubectl api-resources --verbs=list -o name | grep -v -e events -e ^componentstatuses -e ^endpoints$ | paste -sd,)
			kubectl get "$kinds" -A -l app.kubernetes.io/instance=eddy -o name
			kubectl get secrets -A -l owner=helm,name=eddy -o name
			kubectl get leases -A -o name | grep eddy || true`)
		if err != nil {
			return err
		}
		text = strings.ReplaceAll(text, "customresourcedefinition.apiextensions.k8s.io/", "crd/")
		if got := strings.Join(strings.Fields(text), " "); got != strings.Join(want, " ") {
			return fmt.Errorf("there is %s", got)
		}
		return nil
	}}
}

// release is where docs/install.md is typed: charts/eddy in a folder, a registry, Helm.
type release struct {
	page, dir, path, registry string

	// running is the preview that runs all the time, uid what it is known by, and gone
	// are those that went.
	running actors.PullRequest
	uid     string
	gone    func() []string
}

func newRelease(t *testing.T) *release {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(world.Programs.Root, "docs", "install.md"))
	must(t, err)
	r := &release{page: string(page), dir: t.TempDir(), path: t.TempDir(), registry: world.System.Registry.Host}
	build := exec.CommandContext(t.Context(), "go", "build", "-modfile=tools/helm.mod", "-ldflags=-s -w", "-o", r.path, "helm.sh/helm/v4/cmd/helm")
	build.Dir = world.Programs.Root
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building helm: %v\n%s", err, text)
	}
	eddy, err := world.Programs.Eddy(t.Context())
	must(t, err)
	must(t, os.Symlink(eddy, filepath.Join(r.path, "eddy")))
	return r
}

// version makes charts/eddy that of a version, and pushes the image of that version.
func (r *release) version(t *testing.T, version string) {
	t.Helper()
	must(t, world.Programs.Package(t.Context(), "v"+version, "--push", r.registry+"/eddy"))
	chart := filepath.Join(r.dir, "charts", "eddy")
	must(t, os.RemoveAll(chart))
	must(t, os.CopyFS(chart, os.DirFS(filepath.Join(world.Programs.Root, "charts", "eddy"))))
	for file, changes := range map[string][2]string{
		"Chart.yaml":  {`(?m)^(version|appVersion): .*`, "$1: " + version},
		"values.yaml": {`(?s)repository: \S+(.*)minInterval: \S+(.*)cpu: 50m`, "repository: " + r.registry + "/eddy${1}minInterval: 1s${2}cpu: 10m"},
		"files/crds/fluxcd.controlplane.io_resourcesets.yaml": {`(?m)^  annotations:$`, "  annotations:\n    next: " + version},
	} {
		name := filepath.Join(chart, file)
		text, err := os.ReadFile(name)
		must(t, err)
		changed := regexp.MustCompile(changes[0]).ReplaceAllString(string(text), changes[1])
		if changed == string(text) && file != "Chart.yaml" {
			t.Fatalf("%s has nothing like %s", file, changes[0])
		}
		must(t, os.WriteFile(name, []byte(changed), 0o600))
	}
}

// yaml is the block of the page that has something.
func (r *release) yaml(t *testing.T, with string) string {
	t.Helper()
	for _, block := range regexp.MustCompile("(?s)```yaml[^\n]*\n(.*?)```").FindAllStringSubmatch(r.page, -1) {
		if strings.Contains(block[1], "\n"+with+"\n") {
			return block[1]
		}
	}
	t.Fatalf("docs/install.md has no %s", with)
	return ""
}

// here makes of what the page says what is so here.
func (r *release) here(text string) string {
	return strings.NewReplacer(
		"url: oci://registry.example.com", "insecure: true\n  url: oci://"+r.registry,
		"oci://registry.example.com", "--plain-http oci://"+r.registry,
		"oci://ghcr.io/eddy-previews", "--plain-http oci://"+r.registry,
		"registry.example.com", r.registry,
		"eddy-0.1.0.tgz", "eddy-0.2.0.tgz",
		"http://notification-controller.flux-system.svc.cluster.local./", world.System.Events,
	).Replace(text)
}

// play types a command that the page has.
func (r *release) play(t *testing.T, command string) {
	t.Helper()
	r.said(t, command)
	r.run(t, r.here(command))
}

func (r *release) said(t *testing.T, command string) {
	t.Helper()
	if !strings.Contains(r.page, "\n$ "+command+"\n") && !strings.Contains(r.page, "\n"+command+"\n") {
		t.Fatalf("docs/install.md does not say %s", command)
	}
}

func (r *release) run(t *testing.T, command string) string {
	t.Helper()
	text, err := r.try(t.Context(), command)
	must(t, err)
	return text
}

func (r *release) try(ctx context.Context, command string) (string, error) {
	shell := exec.CommandContext(ctx, "bash", "-c", command)
	shell.Dir = r.dir
	shell.Env = append(os.Environ(), "KUBECONFIG="+world.System.Kubeconfig, "PATH="+r.path+":"+world.System.Dir+":"+os.Getenv("PATH"),
		"HELM_CONFIG_HOME="+r.path+"/config", "HELM_CACHE_HOME="+r.path+"/cache", "HELM_DATA_HOME="+r.path+"/data")
	text, err := shell.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s: %w\n%s", command, err, text)
	}
	return string(text), err
}

package lint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/lint"
)

// oneOfMany are the files of a service, called NAME, in which there is nothing to be found.
var oneOfMany = map[string]string{
	"previews/NAME/provider.yaml": `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: NAME-prs, namespace: app-dev}
spec:
  type: GitHubPullRequest
  url: https://github.com/acme/NAME
  secretRef: {name: github-auth}
  forks: {policy: Exclude}
  skip: {labels: ["!build/image-ready"], whenMissing: Freeze}
`,
	"previews/NAME/resourceset.yaml": `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: NAME-pr-envs, namespace: app-dev}
spec:
  inputsFrom: [{name: NAME-prs}]
  resources:
    - apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata: {name: "NAME-pr-<< inputs.id >>", namespace: app-dev}
      spec:
        interval: 10m
        prune: true
        targetNamespace: app-dev
        sourceRef: {kind: GitRepository, name: fleet, namespace: flux-system}
        path: ./apps/NAME/preview
        postBuild: {substitute: {PR_NUMBER: << inputs.id | quote >>, COMMIT_SHA: "<< inputs.sha >>"}}
`,
	"apps/NAME/base/kustomization.yaml": "resources: [deployment.yaml, service.yaml, ingress.yaml]\n",
	"apps/NAME/base/deployment.yaml": `apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME}
spec:
  selector: {matchLabels: {app: NAME}}
  template:
    metadata: {labels: {app: NAME}}
    spec: {containers: [{name: app, image: "registry.example.com/NAME:1"}]}
`,
	"apps/NAME/base/service.yaml": `apiVersion: v1
kind: Service
metadata: {name: NAME}
spec: {selector: {app: NAME}, ports: [{port: 80}]}
`,
	"apps/NAME/base/ingress.yaml": `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: NAME}
spec: {rules: [{host: NAME.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: NAME, port: {number: 80}}}}]}}]}
`,
	"apps/NAME/preview/kustomization.yaml": `resources: [../base]
nameSuffix: -${PR_NUMBER}
labels: [{pairs: {preview: "pr-${PR_NUMBER}"}, includeSelectors: true}]
images: [{name: registry.example.com/NAME, newTag: "sha-${COMMIT_SHA}"}]
patches: [{path: host.yaml}]
`,
	"apps/NAME/preview/host.yaml": `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: NAME}
spec: {rules: [{host: "NAME-${PR_NUMBER}.preview.example.com", http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: NAME, port: {number: 80}}}}]}}]}
`,
}

// large is a fleet of services, of eight files each, with a change in each.
func large(t testing.TB, services int, change *strings.Replacer) string {
	t.Helper()
	files := map[string]string{}
	for n := range services {
		for name, text := range oneOfMany {
			named := strings.NewReplacer("NAME", fmt.Sprintf("svc-%03d", n))
			files[named.Replace(name)] = named.Replace(change.Replace(text))
		}
	}
	return laidOut(t, files)
}

// laidOut is a folder with files.
func laidOut(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		name = filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// BenchmarkALargeFleet lints 200 sets in 1,600 files. Of one whose names are made of
// branches, much more has to be built: those of many requests differ.
//
//	go test ./internal/lint -run '^$' -bench LargeFleet -benchtime 1x -cpuprofile cpu.out
func BenchmarkALargeFleet(b *testing.B) {
	for claim, change := range map[string]*strings.Replacer{
		"numbers":  strings.NewReplacer(),
		"branches": strings.NewReplacer(`        path: ./apps`, `        nameSuffix: '-<< inputs.branch | slugify | replace "_" "-" | trunc 20 | trimAll "-" >>'`+"\n        path: ./apps", "nameSuffix: -${PR_NUMBER}\n", ""),
	} {
		b.Run(claim, func(b *testing.B) {
			root := large(b, 200, change)
			for b.Loop() {
				setup, err := lint.Load(b.Context(), lint.Options{Paths: []string{root}})
				if err != nil {
					b.Fatal(err)
				}
				for n, finding := range setup.Findings() {
					if n == 0 {
						b.Errorf("%s: %s: %s", finding, finding.Rule, finding.Message)
					}
				}
			}
		})
	}
}

package lint_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/eddy-previews/eddy/internal/lint"
)

// set is a ResourceSet around what differs between the cases.
const set = `# Déjà vu: this line has characters of two bytes.
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: web, namespace: app-dev}
spec:
  inputsFrom: [{name: prs}]
  resources:
`

func TestARepairTouchesNothingElse(t *testing.T) {
	for _, test := range []struct{ claim, before, after string }{{
		"prune is inserted as deep as its neighbours",
		`    - apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata: {name: "web-<< inputs.id >>"} # so
      spec:
        # a comment
        path: ./fleet   # here
`, `    - apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata: {name: "web-<< inputs.id >>"} # so
      spec:
        # a comment
        prune: true
        path: ./fleet   # here
`,
	}, {
		"prune: false becomes true, in a flow mapping too",
		`    - {apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: "é-<< inputs.id >>"}, spec: {prune: false, path: ./fleet}}
`, `    - {apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: "é-<< inputs.id >>"}, spec: {prune: true, path: ./fleet}}
`,
	}, {
		"an action is quoted, in plain and in quoted text",
		`    - apiVersion: helm.toolkit.fluxcd.io/v2
      kind: HelmRelease
      metadata: {name: "web-<< inputs.id >>"}
      spec: {values: {title: "<< inputs.title >>", 'branch': << inputs.branch >>}}
`, `    - apiVersion: helm.toolkit.fluxcd.io/v2
      kind: HelmRelease
      metadata: {name: "web-<< inputs.id >>"}
      spec: {values: {title: '<< inputs.title | quote >>', 'branch': << inputs.branch | quote >>}}
`,
	}} {
		t.Run(test.claim, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "set.yaml")
			if err := os.WriteFile(name, []byte(set+test.before), 0o600); err != nil {
				t.Fatal(err)
			}
			setup, err := lint.Load(t.Context(), lint.Options{Paths: []string{name}})
			if err != nil {
				t.Fatal(err)
			}
			texts, count := setup.Fix(setup.Check())
			if got := string(texts[name]); count == 0 || got != set+test.after {
				t.Errorf("%d are fixed; got\n%s\nwant\n%s", count, got, set+test.after)
			}
		})
	}
}

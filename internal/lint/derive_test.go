package lint_test

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/lint"
	"github.com/eddy-previews/eddy/internal/simulate"
)

// namedByBranch is a set that hands a branch on, and takes in an overlay.
const namedByBranch = `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: api, namespace: app-dev}
spec:
  inputsFrom: [{name: api-prs}]
  resources:
    - apiVersion: kustomize.toolkit.fluxcd.io/v1
      kind: Kustomization
      metadata: {name: "api-<< inputs.id >>", namespace: app-dev}
      spec:
        interval: 10m
        prune: true
        nameSuffix: '-<< inputs.branch | slugify | replace "_" "-" | trunc 30 | trimAll "-" >>'
        sourceRef: {kind: GitRepository, name: fleet, namespace: flux-system}
        path: ./app
        postBuild: {substitute: {BRANCH: << inputs.branch | quote >>, AUTHOR: << inputs.author | quote >>}}
`

// What is built for a request is what is built for the first one with other texts, unless
// the overlay does more with them.
func TestWhatIsBuiltForUsualRequests(t *testing.T) {
	for claim, c := range map[string]struct{ overlay, value, want string }{
		"a suffix is that of the branch": {
			value: "x", want: "app-dependabot-npm-and-yarn-lodash x|app-renovate-ghcr-io-acme-api-1-x x|app-feature-abc-1-x x|app-fix-do-it-as-we-go-on-so-it-is x|app-feat-do-it-as-we-go-on-so-it-i x|app-chore-do-it-as-we-go-on-so-it x|app-ri-ben-yu-bian-geng x|app-user-ada-wip x",
		},
		"a variable is the branch": {
			value: "at ${BRANCH}", want: "at dependabot/npm_and_yarn/lodash-4.17.21|at renovate/ghcr.io-acme-api-1.x|at feature/ABC-1_x|at fix/do-it|at feat/do-it|at chore/do-it|at 日本語/変更|at user/ada/wip_",
		},
		"a part of a branch is that of each": {
			value: "${BRANCH:0:9}", want: " dependabo| renovate/| feature/A| fix/do-it| feat/do-i| chore/do-| 日本語| user/ada/",
		},
		"what stands in its place is that of each": {
			value: "${BRANCH/-/+}", want: " dependabot/npm_and_yarn/lodash+4.17.21| renovate/ghcr.io+acme-api-1.x| feature/ABC+1_x| fix/do+it-as| feat/do+it-as| chore/do+it-as| 日本語/変更| user/ada/wip_",
		},
		"a replacement that cuts the name is that of each": {
			overlay: `replacements:
- source: {kind: ConfigMap, fieldPath: metadata.name, options: {delimiter: "-", index: 1}}
  targets: [{select: {kind: ConfigMap}, fieldPaths: [data.value]}]
`,
			value: "x", want: " dependabot| renovate| feature| fix| feat| chore| ri| user",
		},
	} {
		t.Run(claim, func(t *testing.T) {
			root := laidOut(t, map[string]string{
				"set.yaml":               namedByBranch,
				"app/kustomization.yaml": "resources: [config.yaml]\nnamespace: app-dev\n" + c.overlay,
				"app/config.yaml":        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app}\ndata: {value: \"" + c.value + "\"}\n",
			})
			setup, err := lint.Load(t.Context(), lint.Options{Paths: []string{root}})
			if err != nil {
				t.Fatal(err)
			}
			wanted := strings.Split(c.want, "|")
			usual := setup.Services[0].Samples.Usual
			if len(usual) != len(wanted) {
				t.Fatalf("%d requests were followed, not %d", len(usual), len(wanted))
			}
			for n, want := range wanted {
				if got := nameAndValue(t, usual[n].Result.Parts[0]); !strings.Contains(got, want) {
					t.Errorf("%s: got %q, not %q", usual[n].Branch, got, want)
				}
			}
		})
	}
}

// nameAndValue are those of the one ConfigMap of a Kustomization.
func nameAndValue(t *testing.T, part simulate.Part) string {
	t.Helper()
	if len(part.Deployed) != 1 {
		t.Fatalf("%d objects: %v", len(part.Deployed), part.Err)
	}
	value, _, _ := unstructured.NestedString(part.Deployed[0].Object, "data", "value")
	return part.Deployed[0].GetName() + " " + value
}

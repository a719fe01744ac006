package overlay_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	fluxkustomize "github.com/fluxcd/pkg/apis/kustomize"
	"github.com/rogpeppe/go-internal/txtar"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/overlay"
)

// app is a base and the overlay of one preview.
const app = `
-- base/kustomization.yaml --
resources: [config.yaml]
-- base/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
data:
  host: api-${PR_NUMBER}.example.com
-- preview/kustomization.yaml --
namespace: app-dev
nameSuffix: -${PR_NUMBER}
resources: [../base]
-- plain/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: plain
-- empty/README.md --
Nothing to deploy here.
-- broken/kustomization.yaml --
resources: [../nowhere]
-- outside/kustomization.yaml --
resources: [../../secrets]
`

// What the controller makes of a path and a Kustomization.
var builds = []struct {
	claim string
	path  string
	ks    kustomizev1.KustomizationSpec
	want  string
}{{
	claim: "names are suffixed, the namespace is set, and variables are replaced in names and values",
	path:  "./preview",
	ks:    substitutes("PR_NUMBER", "7"),
	want: `
apiVersion: v1
kind: ConfigMap
metadata: {name: api-7, namespace: app-dev}
data: {host: api-7.example.com}`,
}, {
	claim: "without postBuild nothing is replaced",
	path:  "preview",
	want: `
apiVersion: v1
kind: ConfigMap
metadata: {name: "api-${PR_NUMBER}", namespace: app-dev}
data: {host: "api-${PR_NUMBER}.example.com"}`,
}, {
	claim: "a folder without a kustomization.yaml is deployed manifest by manifest",
	path:  "plain",
	ks:    kustomizev1.KustomizationSpec{TargetNamespace: "here"},
	want: `
apiVersion: v1
kind: ConfigMap
metadata: {name: plain, namespace: here}`,
}, {
	claim: "common metadata is added",
	path:  "plain",
	ks: kustomizev1.KustomizationSpec{CommonMetadata: &kustomizev1.CommonMetadata{
		Labels: map[string]string{"team": "api"},
	}},
	want: `
apiVersion: v1
kind: ConfigMap
metadata: {name: plain, labels: {team: api}}`,
}, {
	claim: "patches of the Flux Kustomization are applied",
	path:  "plain",
	ks: kustomizev1.KustomizationSpec{Patches: []fluxkustomize.Patch{{
		Patch:  `[{"op": "add", "path": "/data", "value": {"patched": "yes"}}]`,
		Target: &fluxkustomize.Selector{Kind: "ConfigMap"},
	}}},
	want: `
apiVersion: v1
kind: ConfigMap
metadata: {name: plain}
data: {patched: "yes"}`,
}}

func TestBuildDoesWhatKustomizeControllerDoes(t *testing.T) {
	t.Parallel()
	root := repository(t, app)
	for _, test := range builds {
		t.Run(test.claim, func(t *testing.T) {
			built, err := overlay.Build(context.Background(), root, test.path, kustomizev1.Kustomization{Spec: test.ks})
			if err != nil {
				t.Fatal(err)
			}
			if len(built.Objects) != 1 {
				t.Fatalf("built %d objects, want 1", len(built.Objects))
			}
			same(t, built.Objects[0], test.want)
		})
	}
}

func TestBuildSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	tests := []struct {
		claim string
		path  string
		ks    kustomizev1.KustomizationSpec
		is    error
		words []string
	}{
		{claim: "a path that is not there", path: "./nowhere", is: overlay.ErrNoPath, words: []string{`"./nowhere"`}},
		{claim: "a path that leaves the repository", path: "../..", is: overlay.ErrNoPath},
		{claim: "a folder with nothing to deploy", path: "empty", is: overlay.ErrNoManifests, words: []string{`"empty"`}},
		{claim: "a base without a kustomization.yaml", path: "broken", words: []string{`"broken"`, "nowhere"}},
		{claim: "a base outside of the repository", path: "outside", words: []string{`"outside"`}},
		{
			claim: "a variable without a value, by its name and the object that it stands in",
			path:  "preview", ks: substitutes("OTHER", "x"),
			words: []string{"PR_NUMBER", `ConfigMap "api-${PR_NUMBER}"`},
		},
		{
			claim: "values that only the cluster knows",
			path:  "preview",
			ks: kustomizev1.KustomizationSpec{PostBuild: &kustomizev1.PostBuild{
				SubstituteFrom: []kustomizev1.SubstituteReference{{Kind: "ConfigMap", Name: "vars"}},
			}},
			is: overlay.ErrNeedsCluster, words: []string{`ConfigMap "vars"`},
		},
	}
	root := repository(t, app)
	for _, test := range tests {
		t.Run(test.claim, func(t *testing.T) {
			_, err := overlay.Build(context.Background(), root, test.path, kustomizev1.Kustomization{Spec: test.ks})
			if err == nil {
				t.Fatal("no error")
			}
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("error %q is not %q", err, test.is)
			}
			for _, word := range test.words {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("error %q does not name %s", err, word)
				}
			}
		})
	}
}

func TestBuildWritesNothing(t *testing.T) {
	t.Parallel()
	root := repository(t, app)
	for _, path := range []string{"plain", "preview"} {
		if _, err := overlay.Build(context.Background(), root, path, kustomizev1.Kustomization{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(filepath.Join(root, "plain", "kustomization.yaml")); !os.IsNotExist(err) {
		t.Errorf("plain/kustomization.yaml was written: %v", err)
	}
}

// What is built once is not what is handed out: each preview has its own.
func TestPreviewsOfOneOverlayHaveTheirOwnValues(t *testing.T) {
	t.Parallel()
	fleet := overlay.Open(repository(t, app))
	for _, number := range []string{"7", "8", "7"} {
		built, err := fleet.Build(context.Background(), "preview", kustomizev1.Kustomization{Spec: substitutes("PR_NUMBER", number)})
		if err != nil {
			t.Fatal(err)
		}
		same(t, built.Objects[0], `
apiVersion: v1
kind: ConfigMap
metadata: {name: api-`+number+`, namespace: app-dev}
data: {host: api-`+number+`.example.com}`)
	}
}

// Why the examples never let a variable stand alone where a string is wanted.
func TestAValueOfDigitsAloneBecomesANumber(t *testing.T) {
	t.Parallel()
	root := repository(t, `
-- app/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata:
  name: api
  labels:
    alone: "${PR_NUMBER}"
    prefixed: "pr-${PR_NUMBER}"
`)
	built, err := overlay.Build(context.Background(), root, "app", kustomizev1.Kustomization{Spec: substitutes("PR_NUMBER", "7")})
	if err != nil {
		t.Fatal(err)
	}
	same(t, built.Objects[0], `
apiVersion: v1
kind: ConfigMap
metadata: {name: api, labels: {alone: 7, prefixed: pr-7}}`)
}

func substitutes(name, value string) kustomizev1.KustomizationSpec {
	return kustomizev1.KustomizationSpec{PostBuild: &kustomizev1.PostBuild{
		Substitute: map[string]string{name: value},
	}}
}

// repository writes the files of a txtar archive into a folder.
func repository(t *testing.T, archive string) string {
	t.Helper()
	root := t.TempDir()
	for _, file := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(root, file.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func same(t *testing.T, object *unstructured.Unstructured, want string) {
	t.Helper()
	wanted := map[string]any{}
	if err := yaml.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	got, err := yaml.Marshal(object.Object)
	if err != nil {
		t.Fatal(err)
	}
	wantText, err := yaml.Marshal(wanted)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(wantText) {
		t.Errorf("built\n%s\nwant\n%s", got, wantText)
	}
}

func TestALenientBuildTakesWhatHasNoValueAsTheControllerDoes(t *testing.T) {
	root := repository(t, `
-- app/kustomization.yaml --
resources: [config.yaml]
-- app/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: api}
data: {host: "api${NOTHING}", level: "${LEVEL:=info}"}
`)
	for name, c := range map[string]struct {
		build *kustomizev1.PostBuild
		want  string
	}{
		"a variable without a value is empty":       {&kustomizev1.PostBuild{Substitute: map[string]string{"OTHER": "x"}}, "api info"},
		"without variables nothing is replaced":     {&kustomizev1.PostBuild{}, "api${NOTHING} ${LEVEL:=info}"},
		"unless it always is, which finds defaults": {&kustomizev1.PostBuild{SubstituteStrategy: kustomizev1.SubstituteStrategyAlways}, "api info"},
	} {
		t.Run(name, func(t *testing.T) {
			fleet := overlay.Open(root)
			fleet.Lenient = true
			result, err := fleet.Build(context.Background(), "app", kustomizev1.Kustomization{Spec: kustomizev1.KustomizationSpec{PostBuild: c.build}})
			if err != nil || len(result.Objects) != 1 {
				t.Fatal(err, result.Objects)
			}
			data, _, _ := unstructured.NestedStringMap(result.Objects[0].Object, "data")
			if got := data["host"] + " " + data["level"]; got != c.want {
				t.Errorf("it is %q, want %q", got, c.want)
			}
		})
	}
}

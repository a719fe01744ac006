package render_test

import (
	"errors"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/render"
	"github.com/eddy-previews/eddy/test/sample"
)

// all renders input sets.
func all(t testing.TB, program *render.Program, sets []input.Set) []render.Preview {
	t.Helper()
	previews, err := program.All(t.Context(), sets)
	if err != nil {
		t.Fatal(err)
	}
	return previews
}

// one renders a set for one input to the YAML of its objects, labels left out.
func one(t testing.TB, spec string, in input.Set) (string, error) {
	t.Helper()
	program, err := render.Compile(sample.Set(t, spec))
	if err != nil {
		t.Fatal(err)
	}
	preview := all(t, program, []input.Set{in})[0]
	if preview.Err != nil {
		return "", preview.Err
	}
	var out strings.Builder
	for _, object := range preview.Objects {
		object.SetLabels(nil)
		text, err := yaml.Marshal(object.Object)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString("---\n" + string(text))
	}
	return out.String(), nil
}

const seed = `
resources:
- apiVersion: kustomize.toolkit.fluxcd.io/v1
  kind: Kustomization
  metadata:
    name: api-pr-<< inputs.id >>
    namespace: app-dev
  spec:
    interval: 10m
    prune: true
    postBuild:
      substitute:
        PR_NUMBER: << inputs.id | quote >>
        COMMIT_SHA: "<< inputs.sha >>"
`

func TestTheSeedIsRendered(t *testing.T) {
	got, err := one(t, seed, sample.Input("id", "1234", "sha", "c0ffee"))
	if err != nil {
		t.Fatal(err)
	}
	want := `---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: api-pr-1234
  namespace: app-dev
spec:
  interval: 10m
  postBuild:
    substitute:
      COMMIT_SHA: c0ffee
      PR_NUMBER: "1234"
  prune: true
`
	if got != want {
		t.Errorf("rendered\n%s\nwant\n%s", got, want)
	}
}

func TestAValueThatLooksLikeSomethingElseStaysAString(t *testing.T) {
	for _, sha := range []string{"1e10", "0123", "true", "null", "1_000", "0x1F", "12:30:45", "~", "yes", "2024-01-01", "1234567", ".5", "", "<<"} {
		got, err := one(t, seed, sample.Input("id", "7", "sha", sha))
		if err != nil {
			t.Errorf("%q: %v", sha, err)
			continue
		}
		var object struct {
			Spec struct {
				PostBuild struct{ Substitute map[string]any }
			}
		}
		if err := yaml.Unmarshal([]byte(got), &object); err != nil {
			t.Fatal(err)
		}
		if value := object.Spec.PostBuild.Substitute["COMMIT_SHA"]; value != sha {
			t.Errorf("the commit %q became %#v", sha, value)
		}
	}
}

const hostileSet = `
resources:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a, annotations: {title: << inputs.title >>}}
  data: {plain: << inputs.title >>, mixed: "PR: << inputs.title >>!"}
`

func TestAHostileTitleEndsUpAsItIs(t *testing.T) {
	for _, title := range hostile {
		got, err := one(t, hostileSet, sample.Input("id", "1", "title", title))
		if err != nil {
			t.Errorf("%q: %v", title, err)
			continue
		}
		var object struct {
			Metadata struct{ Annotations map[string]string }
			Data     map[string]string
		}
		if err := yaml.UnmarshalStrict([]byte(strings.Replace(got, "---\n", "", 1)), &struct {
			APIVersion, Kind string
			Metadata         *struct {
				Name        string
				Annotations map[string]string
			}
			Data *map[string]string
		}{}); err != nil {
			t.Errorf("%q added a field: %v", title, err)
		}
		if err := yaml.Unmarshal([]byte(got), &object); err != nil {
			t.Fatal(err)
		}
		if object.Metadata.Annotations["title"] != title || object.Data["plain"] != title || object.Data["mixed"] != "PR: "+title+"!" || len(object.Data) != 2 {
			t.Errorf("%q became %q", title, object)
		}
	}
}

func TestAHostileTitleInATemplateStaysTextOrIsRefusedByName(t *testing.T) {
	spec := `
resourcesTemplate: |
  apiVersion: v1
  kind: ConfigMap
  metadata:
    name: a-<< inputs.id >>
  data:
    title: << inputs.title >>
`
	for _, title := range hostile {
		got, err := one(t, spec, sample.Input("id", "1", "title", title))
		if err != nil {
			if !strings.Contains(err.Error(), "inputs.title") || !strings.Contains(err.Error(), `input "1"`) {
				t.Errorf("%q: the error does not name the input and the field: %v", title, err)
			}
			continue
		}
		var object struct {
			Kind string
			Data map[string]any
		}
		if err := yaml.Unmarshal([]byte(got), &object); err != nil {
			t.Fatal(err)
		}
		if _, isText := object.Data["title"].(string); !isText || len(object.Data) != 1 || object.Kind != "ConfigMap" {
			t.Errorf("%q became %v", title, object)
		}
	}
}

func TestAQuotedTitleInATemplateIsThatTitle(t *testing.T) {
	spec := `
resourcesTemplate: |
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: a}
  data:
    title: << inputs.title | toJson >>
`
	for _, title := range []string{`fix: the bug`, `a # b`, `"quoted"`, "two\nlines", "true"} {
		got, err := one(t, spec, sample.Input("id", "1", "title", title))
		if err != nil {
			t.Errorf("%q: %v", title, err)
			continue
		}
		var object struct{ Data map[string]string }
		if err := yaml.Unmarshal([]byte(got), &object); err != nil || object.Data["title"] != title {
			t.Errorf("%q became %v (%v)", title, object, err)
		}
	}
}

func TestStructureThatTheAuthorAskedForIsStructure(t *testing.T) {
	spec := `
resources:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a, labels: << inputs.labels | toYaml | nindent 4 >>}
  data:
    list: |
      << inputs.list | toYaml | nindent 4 >>
`
	got, err := one(t, spec, sample.Input("id", "1", "labels", map[string]any{"a": "b", "n": "1"}, "list", []any{"x: y", "z"}))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, "- 'x: y'") {
		t.Errorf("rendered\n%s", got)
	}
}

func TestControlFlowAndVariablesWork(t *testing.T) {
	spec := `
resources:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: a}
  data:
    a: << $name := printf "pr-%s" inputs.id >><< $name >>
    b: << if eq inputs.branch "main" >>yes<< else >>no<< end >>
    c: << range $i, $l := inputs.labels >><< if $i >>,<< end >><< $l >><< end >>
    d: << inputs.id | int | add1 >>
`
	got, err := one(t, spec, sample.Input("id", "7", "branch", "feature/x: y", "labels", []any{"a", "b"}))
	if err != nil {
		t.Fatal(err)
	}
	want := "data:\n  a: pr-7\n  b: \"no\"\n  c: a,b\n  d: \"8\"\n"
	if !strings.Contains(got, want) {
		t.Errorf("rendered\n%s\nwant\n%s", got, want)
	}
}

func TestOneInputIsNotChangedByRendering(t *testing.T) {
	in := sample.Input("id", "1")
	spec := `
resources:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {k: << $_ := set inputs "seen" "yes" >>x}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: b}, data: {k: << inputs.seen >>}}
`
	got, err := one(t, spec, in)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, `k: "yes"`) {
		t.Errorf("a later resource does not see what an earlier one set:\n%s", got)
	}
	if _, leaked := in.Values["seen"]; leaked {
		t.Error("rendering changed the caller's input")
	}
}

func TestAMissingKeyNamesTheFieldAndWhatThereIs(t *testing.T) {
	_, err := one(t, seed, sample.Input("id", "7"))
	var inputErr *render.InputError
	if !errors.As(err, &inputErr) {
		t.Fatalf("got %v", err)
	}
	for _, words := range []string{`input "7" of ResourceSetInputProvider/app-dev/prs`, "spec.resources[0].spec.postBuild.substitute.COMMIT_SHA", `"sha"`, "the input has id"} {
		if !strings.Contains(err.Error(), words) {
			t.Errorf("the error does not say %s: %v", words, err)
		}
	}
}

func TestWithoutInputsTemplatesAreRenderedOnce(t *testing.T) {
	got, err := one(t, `
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}]
resourcesTemplate: |
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: b}
`, input.None())
	if err != nil || strings.Count(got, "kind: ConfigMap") != 2 {
		t.Errorf("rendered\n%s\n%v", got, err)
	}
}

func TestACharacterThatYAMLDoesNotAllowIsRefusedByName(t *testing.T) {
	for _, title := range []string{"del\x7f", "\u0085 is a line break, \u0080 is not", "\uffff"} {
		_, err := one(t, hostileSet, sample.Input("id", "1", "title", title))
		if err == nil || !strings.Contains(err.Error(), `input "1"`) || !strings.Contains(err.Error(), "inputs.title holds the character U+") {
			t.Errorf("%q: %v", title, err)
		}
	}
}

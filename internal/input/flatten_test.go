package input_test

import (
	"reflect"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/input"
)

func resourceSet(t *testing.T, spec string) *v1.ResourceSet {
	t.Helper()
	set := &v1.ResourceSet{}
	set.Name, set.Namespace = "previews", "app-dev"
	if err := yaml.Unmarshal([]byte(spec), &set.Spec); err != nil {
		t.Fatal(err)
	}
	return set
}

func provider(t *testing.T, name, exported string) v1.ResourceSetInputProvider {
	t.Helper()
	out := v1.ResourceSetInputProvider{}
	out.Name, out.Namespace = name, "app-dev"
	if err := yaml.Unmarshal([]byte(exported), &out.Status.ExportedInputs); err != nil {
		t.Fatal(err)
	}
	return out
}

func keys(sets []input.Set) string {
	var out []string
	for _, set := range sets {
		out = append(out, set.Key())
	}
	return strings.Join(out, " ")
}

// flatten combines the inputs of a set one after the other.
func flatten(set *v1.ResourceSet, providers []v1.ResourceSetInputProvider) ([]input.Set, error) {
	combined, err := input.Flatten{}.Combine(set, providers, nil)
	return combined.Sets, err
}

func TestInlineInputsComeFirstAndProvidersInTheOrderOfTheirNames(t *testing.T) {
	set := resourceSet(t, `{inputs: [{id: "9"}, {env: dev}], inputsFrom: [{name: web}, {name: api}, {name: web}]}`)
	web, api := provider(t, "web", `[{id: "1"}]`), provider(t, "api", `[{id: "2"}, {id: "1"}]`)
	sets, err := flatten(set, []v1.ResourceSetInputProvider{web, api, web})
	if err != nil {
		t.Fatal(err)
	}
	if got := keys(sets); got != "previews/9 previews/#2 api/2 api/1 web/1" {
		t.Errorf("the sets are %s", got)
	}
}

func TestEachSetLearnsWhereItIsFrom(t *testing.T) {
	set := resourceSet(t, `{inputs: [{id: "9", provider: mine}]}`)
	sets, err := flatten(set, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"apiVersion": "fluxcd.controlplane.io/v1", "kind": "ResourceSet", "name": "previews", "namespace": "app-dev"}
	if got := sets[0].Values["provider"]; !reflect.DeepEqual(got, want) {
		t.Errorf("the provider is %v", got)
	}
}

func TestNumbersKeepTheirKind(t *testing.T) {
	sets, err := flatten(resourceSet(t, `{inputs: [{whole: 3, big: 9007199254740993, broken: 2.5, text: "3", truth: true, list: [1]}]}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	values := sets[0].Values
	for key, want := range map[string]any{"whole": int64(3), "big": int64(9007199254740993), "broken": 2.5, "text": "3", "truth": true, "list": []any{int64(1)}} {
		if !reflect.DeepEqual(values[key], want) {
			t.Errorf("%s is %#v, want %#v", key, values[key], want)
		}
	}
}

func TestASetThatAsksForNoInputsIsRenderedOnce(t *testing.T) {
	sets, err := flatten(resourceSet(t, `{}`), nil)
	if err != nil || len(sets) != 1 || !sets[0].IsNone() {
		t.Errorf("the sets are %v, %v", sets, err)
	}
	sets, err = flatten(resourceSet(t, `{inputsFrom: [{name: web}]}`), []v1.ResourceSetInputProvider{provider(t, "web", "[]")})
	if err != nil || len(sets) != 0 {
		t.Errorf("with a provider that found nothing the sets are %v, %v", sets, err)
	}
}

func TestANullIsNamed(t *testing.T) {
	for spec, words := range map[string]string{
		`{inputs: [{id: "1"}, null]}`: "input 2 of ResourceSet/app-dev/previews is null",
		`{inputs: [{id: null}]}`:      `input 1 of ResourceSet/app-dev/previews: key "id": the value is null`,
	} {
		if _, err := flatten(resourceSet(t, spec), nil); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

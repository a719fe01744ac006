package templater

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// The inventory names one preview for an object that several share.
func TestWhatAFailedPreviewSharesStaysWhenTheOtherIsClosed(t *testing.T) {
	b := newBench(t)
	b.Backoff = Backoff{Min: time.Hour, Max: time.Hour}
	b.provider("prs", "1")
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources:
- {apiVersion: v1, kind: ConfigMap, metadata: {name: shared, namespace: NS}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: "api-<< inputs.id >>", namespace: NS}}
`)
	b.run()
	b.export("prs", "1", "Not_A_Name")
	if bad := previewOf(t, b.run(), "Not_A_Name"); bad.Ready != metav1.ConditionFalse {
		t.Fatalf("the preview is %+v", bad)
	}
	uid := b.uid("shared")
	b.export("prs", "Not_A_Name")
	for range 2 { // it rests, and then it is tried
		b.run()
		if got := b.configMaps(); got != "shared" || b.uid("shared") != uid {
			t.Fatalf("there are %q", got)
		}
		b.later(2 * time.Hour)
	}
	b.export("prs")
	b.run()
	if got := b.configMaps(); got != "" {
		t.Errorf("there are %q", got)
	}
}

// Inputs without an id are known by their position, which moves.
func TestWhatAnInputThatCannotBeRenderedHasStaysWhenOthersComeAndGo(t *testing.T) {
	b := newBench(t)
	const template = `
resourcesTemplate: |
  << if eq inputs.env "bad" >><< fail "no" >><< end >>
  {apiVersion: v1, kind: ConfigMap, metadata: {name: "env-<< inputs.name >>", namespace: NS}}
`
	b.set("inputs: [{name: a, env: ok}, {name: b, env: ok}, {name: c, env: ok}]" + template)
	b.run()
	for _, test := range []struct{ inputs, want string }{
		{"a=ok b=ok c=bad", "env-a env-b env-c"},
		{"b=ok c=bad", "env-a env-b env-c"}, // that of a is known by a position too
		{"z=ok a=ok b=ok c=bad", "env-a env-b env-c env-z"},
		{"b=ok c=ok", "env-b env-c"},
	} {
		set := b.read()
		set.Spec.Inputs = nil
		for one := range strings.FieldsSeq(test.inputs) {
			name, env, _ := strings.Cut(one, "=")
			set.Spec.Inputs = append(set.Spec.Inputs, v1.ResourceSetInput{"name": text(name), "env": text(env)})
		}
		if err := server.Client.Update(t.Context(), set); err != nil {
			t.Fatal(err)
		}
		b.run()
		if got := b.configMaps(); got != test.want {
			t.Errorf("with %s there are %q, want %q", test.inputs, got, test.want)
		}
	}
}

func TestWhatAPreviewThatCannotBeRenderedMayShareStays(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1", "2")
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resourcesTemplate: |
  << if eq inputs.title "boom" >><< fail "no title like that" >><< end >>
  {apiVersion: v1, kind: ConfigMap, metadata: {name: shared, namespace: NS}}
  ---
  {apiVersion: v1, kind: ConfigMap, metadata: {name: "api-<< inputs.id >>", namespace: NS}}
`)
	b.run()
	boom := v1.ResourceSetInput{"id": text("2"), "title": text("boom")}
	b.exportInputs("prs", []v1.ResourceSetInput{{"id": text("1"), "title": text("fine")}, boom})
	b.run()
	b.exportInputs("prs", []v1.ResourceSetInput{boom})
	for range 2 {
		b.later(time.Hour)
		b.run()
		if got := b.configMaps(); got != "api-2 shared" {
			t.Fatalf("there are %q", got)
		}
	}
	b.export("prs", "2")
	b.run()
	b.export("prs")
	b.later(time.Hour)
	b.run()
	if got := b.configMaps(); got != "" {
		t.Errorf("there are %q", got)
	}
}

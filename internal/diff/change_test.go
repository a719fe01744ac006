package diff

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/object"
)

// TestNoValueOfASecretIsShown holds for each way in which one can change; that it
// changes is told.
func TestNoValueOfASecretIsShown(t *testing.T) {
	const secret = "hunter2"
	tests := map[string]struct {
		before, after string
		changes       bool
	}{
		"a value changes":             {before: "kind: Secret\ndata: {a: hunter2}", after: "kind: Secret\ndata: {a: hunter2-new}", changes: true},
		"another value changes":       {before: "kind: Secret\ndata: {a: hunter2, b: one}", after: "kind: Secret\ndata: {a: hunter2, b: two}", changes: true},
		"it is created":               {after: "kind: Secret\nstringData: {a: hunter2}", changes: true},
		"it is deleted":               {before: "kind: Secret\ndata: {a: hunter2}", changes: true},
		"only its labels change":      {before: "kind: Secret\ndata: {a: hunter2}", after: "kind: Secret\nmetadata: {labels: {a: b}}\ndata: {a: hunter2}", changes: true},
		"it stays":                    {before: "kind: Secret\ndata: {a: hunter2}", after: "kind: Secret\ndata: {a: hunter2}"},
		"it becomes a ConfigMap":      {before: "kind: Secret\ndata: {a: hunter2}", after: "kind: ConfigMap\ndata: {a: hunter2}", changes: true},
		"its data is one template":    {before: "kind: Secret\nstringData: hunter2", after: "kind: Secret\nstringData: hunter2-new", changes: true},
		"data becomes a template":     {before: "kind: Secret\ndata: {a: hunter2}", after: "kind: Secret\ndata: hunter2", changes: true},
		"it is one of a ResourceSet":  {before: "spec: {resources: [{kind: Secret, data: {a: hunter2}}]}", after: "spec: {resources: [{kind: Secret, data: {a: hunter2-new}}]}", changes: true},
		"another one moves before it": {before: "spec: {resources: [{kind: Secret, data: {a: hunter2}}]}", after: "spec: {resources: [{kind: ConfigMap}, {kind: Secret, data: {a: hunter2}}]}", changes: true},
		"a list of it becomes a text": {before: "spec: {resources: [{kind: Secret, data: {a: hunter2}}]}", after: "spec: {resources: none}", changes: true},
		"a list of it becomes a map":  {before: "spec: {resources: [{kind: Secret, data: {a: hunter2}}]}", after: "spec: {resources: {kind: Secret, data: {a: hunter2}}}", changes: true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			shown := Change{Ref: object.Ref{Kind: "Any", Name: "one"}, before: parsed(t, test.before), after: parsed(t, test.after)}.Unified()
			if strings.Contains(shown, secret) {
				t.Errorf("the diff shows it:\n%s", shown)
			}
			if (shown != "") != test.changes {
				t.Errorf("a change is told: %t, want %t:\n%s", shown != "", test.changes, shown)
			}
		})
	}
}

func TestAListThatBecomesATextIsShownAsThat(t *testing.T) {
	shown := Change{before: parsed(t, "a: [one]"), after: parsed(t, "a: two")}.Unified()
	if !strings.Contains(shown, "+a: two\n") {
		t.Errorf("got\n%s", shown)
	}
}

func parsed(t *testing.T, text string) map[string]any {
	t.Helper()
	var out map[string]any
	if err := yaml.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

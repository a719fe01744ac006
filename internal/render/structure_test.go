package render_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/render"
)

// typed are values of an input that are no []any and no map[string]any any more.
var typed = []string{
	"inputs.labels | sortAlpha", "toStrings inputs.labels", "splitList `|` inputs.title", "split `|` inputs.title", "splitn `|` 2 inputs.title",
	"chunk 2 inputs.labels", "keys (dict inputs.title 1)", "regexFindAll `(?s).+` inputs.title -1", "regexSplit `\\|` inputs.title -1",
	"dict `a` (list (inputs.labels | sortAlpha))", "(toDate `2006` inputs.title).MarshalText", "inputs.title",
}

const labelledSet = `
resourcesTemplate: |
  apiVersion: v1
  kind: ConfigMap
  metadata:
    name: api
  data:
    secret: << inputs.secret >>
    labels.json: |
      << VALUE | toJson >>
`

// U+0085 is a line break for YAML, and none for JSON.
func TestALabelCannotWriteAnObjectWhateverItsType(t *testing.T) {
	evil := "x\u0085---\u0085apiVersion: v1\u0085kind: Secret\u0085metadata: {name: pwned}\u0085#"
	for _, value := range typed {
		program := compile(t, "spec:\n  "+strings.ReplaceAll(strings.ReplaceAll(labelledSet, "VALUE", value), "\n", "\n  "))
		preview, err := program.Render(t.Context(), inputSet(0, map[string]any{"id": "7", "title": evil, "labels": []any{evil, evil}, "secret": "s"}))
		if err != nil {
			t.Errorf("%s: %v", value, err)
			continue
		}
		data, _ := preview.Objects[0].Object["data"].(map[string]any)
		text, _ := data["labels.json"].(string)
		if len(preview.Objects) != 1 || len(data) != 2 || !json.Valid([]byte(text)) {
			t.Errorf("%s: it made %v", value, preview.Objects)
		}
	}
}

// A mark in a label would be the output that it stands for, a secret say.
func TestALabelCannotStandForAnotherOutput(t *testing.T) {
	for _, value := range typed {
		program := compile(t, "spec:\n  "+strings.ReplaceAll(strings.ReplaceAll(labelledSet, "VALUE", value), "\n", "\n  "))
		for _, mark := range []string{"⸨000000⸩", render.Mark(program) + "000000⸩"} {
			preview, err := program.Render(t.Context(), inputSet(0, map[string]any{"id": "7", "title": mark, "labels": []any{mark}, "secret": "hunter2"}))
			if err != nil {
				t.Errorf("%s: %v", value, err)
				continue
			}
			data, _ := preview.Objects[0].Object["data"].(map[string]any)
			if text, _ := data["labels.json"].(string); strings.Contains(text, "hunter2") {
				t.Errorf("%s: %q became %s", value, mark, text)
			}
		}
	}
}

// What an author writes is no mark either, however it is escaped.
func TestAMarkCannotBeWrittenInATemplate(t *testing.T) {
	program := compile(t, `
spec:
  resourcesTemplate: |
    apiVersion: v1
    kind: ConfigMap
    metadata: {name: api}
    data:
      secret: << inputs.secret >>
      escaped: "\u2e28000000\u2e29"
      printed: << printf "%c000000%c" 11816 11817 >>
      constant: << "\u2e28000000\u2e29" >>
`)
	preview, err := program.Render(t.Context(), inputSet(0, map[string]any{"id": "7", "secret": "hunter2"}))
	if err != nil {
		t.Fatal(err)
	}
	data, _ := preview.Objects[0].Object["data"].(map[string]any)
	for _, key := range []string{"escaped", "printed", "constant"} {
		if data[key] != "⸨000000⸩" {
			t.Errorf("%s is %v", key, data[key])
		}
	}
}

// The prefix that is trimmed off structure could cut a mark, and leave its rest.
func TestATextCannotCutTheMarksOfStructure(t *testing.T) {
	program := compile(t, `
spec:
  resourcesTemplate: |
    {apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {it: '<< toJson inputs.labels | trimPrefix inputs.title >>', end: << toJson inputs.title | trimAll "\u2e28\u2e290" >>}}
`)
	preview, err := program.Render(t.Context(), inputSet(0, map[string]any{"id": "7", "title": "[\"⸨", "labels": []any{"a"}}))
	if err != nil {
		t.Fatal(err)
	}
	if data, _ := preview.Objects[0].Object["data"].(map[string]any); data["it"] != `["a"]` || data["end"] != `"[\"⸨"` {
		t.Errorf("rendered %v", data)
	}
}

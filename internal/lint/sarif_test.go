package lint_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/eddy-previews/eddy/internal/lint"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// TestSARIFHasWhatItsSchemaRequires holds the output against the fields that the
// schema of SARIF 2.1.0 requires, and GitHub's code scanning beside it.
func TestSARIFHasWhatItsSchemaRequires(t *testing.T) {
	findings := []lint.Finding{
		{Rule: "no-prune", Severity: lint.Error, Position: manifest.Position{File: "a.yaml", Line: 3, Column: 7}, Message: "m", Fix: "f"},
		{Rule: "stale-label", Severity: lint.Warning, Position: manifest.Position{File: "b.yaml"}, Message: "m", Fix: "f"},
	}
	var out bytes.Buffer
	if err := lint.WriteSARIF(&out, "v1.2.3", findings); err != nil {
		t.Fatal(err)
	}
	var log any
	if err := json.Unmarshal(out.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	equal := func(want any, path ...any) {
		t.Helper()
		if got := dig(t, log, path...); got != want {
			t.Errorf("%v is %v, want %v", path, got, want)
		}
	}
	equal("2.1.0", "version")
	equal("https://json.schemastore.org/sarif-2.1.0.json", "$schema")
	equal("eddy", "runs", 0, "tool", "driver", "name")
	equal("v1.2.3", "runs", 0, "tool", "driver", "version")
	run := dig(t, log, "runs", 0).(map[string]any)
	results := run["results"].([]any)
	if len(results) != len(findings) {
		t.Fatalf("there are %d results", len(results))
	}
	rules := dig(t, log, "runs", 0, "tool", "driver", "rules").([]any)
	for n, finding := range findings {
		equal("m. Fix: f", "runs", 0, "results", n, "message", "text")
		equal(string(finding.Severity), "runs", 0, "results", n, "level")
		equal(finding.Rule, "runs", 0, "results", n, "ruleId")
		equal(finding.File, "runs", 0, "results", n, "locations", 0, "physicalLocation", "artifactLocation", "uri")
		index := int(dig(t, log, "runs", 0, "results", n, "ruleIndex").(float64))
		if id := dig(t, rules[index], "id"); id != finding.Rule {
			t.Errorf("ruleIndex %d is %v", index, id)
		}
	}
	equal(3.0, "runs", 0, "results", 0, "locations", 0, "physicalLocation", "region", "startLine")
	if _, has := dig(t, log, "runs", 0, "results", 1, "locations", 0, "physicalLocation").(map[string]any)["region"]; has {
		t.Error("a file as a whole has a region, and the schema wants lines from 1")
	}
}

func TestSARIFOfNothingIsAnEmptyList(t *testing.T) {
	var out bytes.Buffer
	if err := lint.WriteSARIF(&out, "v1.2.3", nil); err != nil || !bytes.Contains(out.Bytes(), []byte(`"results": []`)) {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func dig(t *testing.T, value any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			value = value.(map[string]any)[step]
		case int:
			value = value.([]any)[step]
		}
	}
	return value
}

package lint_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/lint"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// told are two findings that are the same but for their line, and one of a whole file.
var told = []lint.Finding{
	{Rule: "no-prune", Severity: lint.Error, Position: manifest.Position{File: "a,b.yaml", Line: 3, Column: 5}, Message: "100% \"wrong\"\nof <it>", Fix: "write it"},
	{Rule: "no-prune", Severity: lint.Error, Position: manifest.Position{File: "a,b.yaml", Line: 9, Column: 5}, Message: "100% \"wrong\"\nof <it>", Fix: "write it"},
	{Rule: "unchecked", Severity: lint.Warning, Position: manifest.Position{File: "c.yaml"}, Message: "not seen", Fix: "give it"},
}

func TestAWorkflowCommandIsOneLineThatNoTextEnds(t *testing.T) {
	var out bytes.Buffer
	if err := lint.WriteGitHub(&out, told); err != nil {
		t.Fatal(err)
	}
	want := `::error file=a%2Cb.yaml,line=3,col=5,title=no-prune::100%25 "wrong"%0Aof <it>. Fix: write it
::error file=a%2Cb.yaml,line=9,col=5,title=no-prune::100%25 "wrong"%0Aof <it>. Fix: write it
::warning file=c.yaml,title=unchecked::not seen. Fix: give it
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
}

func TestAReportOfCodeQualityHasAFingerprintForEachFinding(t *testing.T) {
	var list []struct {
		Fingerprint, Severity string
		CheckName             string `json:"check_name"`
		Location              struct {
			Path  string
			Lines struct{ Begin int }
		}
	}
	text := written(t, lint.WriteGitLab, told)
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 || list[0].Fingerprint == list[1].Fingerprint || list[1].Location.Lines.Begin != 9 || list[2].Location.Lines.Begin != 1 || list[2].Severity != "minor" {
		t.Errorf("it is %s", text)
	}
	moved := told[0]
	moved.Line = 30
	var after []struct{ Fingerprint string }
	if err := json.Unmarshal([]byte(written(t, lint.WriteGitLab, []lint.Finding{moved})), &after); err != nil {
		t.Fatal(err)
	}
	if after[0].Fingerprint != list[0].Fingerprint {
		t.Error("a finding that moved is taken for another one")
	}
	if text := written(t, lint.WriteGitLab, nil); text != "[]\n" {
		t.Errorf("of nothing it is %q", text)
	}
}

func TestAReportOfTestsFailsForErrorsAlone(t *testing.T) {
	var suites struct {
		Suite struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Cases    []struct {
				Name    string `xml:"name,attr"`
				Failure *struct {
					Message string `xml:"message,attr"`
				} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	text := written(t, lint.WriteJUnit, told)
	if err := xml.Unmarshal([]byte(text), &suites); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	if s := suites.Suite; s.Tests != 3 || s.Failures != 2 || s.Cases[0].Failure.Message != told[0].Message || s.Cases[2].Failure != nil {
		t.Errorf("it is %s", text)
	}
	if text := written(t, lint.WriteJUnit, nil); !strings.Contains(text, `tests="1" failures="0"`) {
		t.Errorf("of nothing it is %s", text)
	}
}

func written(t *testing.T, write func(io.Writer, []lint.Finding) error, findings []lint.Finding) string {
	t.Helper()
	var out bytes.Buffer
	if err := write(&out, findings); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

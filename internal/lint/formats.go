package lint

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// WriteGitHub writes a workflow command for each finding, which GitHub, Gitea and Forgejo
// show at its line.
// https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
func WriteGitHub(out io.Writer, findings []Finding) error {
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	text := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	for _, f := range findings {
		at := "file=" + property.Replace(filepath.ToSlash(f.File))
		if f.Line > 0 {
			at += fmt.Sprintf(",line=%d,col=%d", f.Line, max(1, f.Column))
		}
		if _, err := fmt.Fprintf(out, "::%s %s,title=%s::%s\n", f.Severity, at, property.Replace(f.Rule), text.Replace(f.Message+". Fix: "+f.Fix)); err != nil {
			return err
		}
	}
	return nil
}

// codeQuality is one finding in GitLab's report of code quality.
// https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
type codeQuality struct {
	Description string         `json:"description"`
	CheckName   string         `json:"check_name"`
	Fingerprint string         `json:"fingerprint"`
	Severity    string         `json:"severity"`
	Location    codeQualityLoc `json:"location"`
}

type codeQualityLoc struct {
	Path  string           `json:"path"`
	Lines codeQualityLines `json:"lines"`
}

type codeQualityLines struct {
	Begin int `json:"begin"`
}

// WriteGitLab writes a report of code quality. A fingerprint has no line in it, so that a
// finding is the same one when lines are put before it.
func WriteGitLab(out io.Writer, findings []Finding) error {
	list := make([]codeQuality, 0, len(findings))
	seen := map[string]int{}
	for _, f := range findings {
		severity := "major"
		if f.Severity == Warning {
			severity = "minor"
		}
		same := strings.Join([]string{f.Rule, filepath.ToSlash(f.File), f.Message}, "\x00")
		seen[same]++
		sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%d", same, seen[same]))
		list = append(list, codeQuality{
			Description: f.Message + ". Fix: " + f.Fix, CheckName: f.Rule, Fingerprint: hex.EncodeToString(sum[:]), Severity: severity,
			Location: codeQualityLoc{filepath.ToSlash(f.File), codeQualityLines{max(1, f.Line)}},
		})
	}
	return writeJSON(out, list)
}

// The parts of JUnit's XML that CI servers read.
type (
	junitSuites struct {
		XMLName xml.Name   `xml:"testsuites"`
		Suite   junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Failure *junitFailure `xml:"failure"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes a case for each finding: one that failed for an error, and one that
// passed with a word on it for a warning. Where nothing is found one case passed, as a
// report without any counts as none.
func WriteJUnit(out io.Writer, findings []Finding) error {
	suite := junitSuite{Name: "eddy lint"}
	for _, f := range findings {
		one := junitCase{Class: f.Rule, Name: f.String()}
		if f.Severity == Error {
			suite.Failures++
			one.Failure = &junitFailure{Type: f.Rule, Message: f.Message, Text: "Fix: " + f.Fix}
		} else {
			one.Out = f.Message + ". Fix: " + f.Fix
		}
		suite.Cases = append(suite.Cases, one)
	}
	if len(suite.Cases) == 0 {
		suite.Cases = []junitCase{{Class: "eddy", Name: "lint"}}
	}
	suite.Tests = len(suite.Cases)
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(out)
	encoder.Indent("", "  ")
	if err := encoder.Encode(junitSuites{Suite: suite}); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

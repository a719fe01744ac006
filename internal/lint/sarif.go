package lint

import (
	"io"
	"path/filepath"
)

// The parts of SARIF 2.1.0 that code scanning reads.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool    sarifTool     `json:"tool"`
		Results []sarifResult `json:"results"`
	}
	sarifTool struct {
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID               string       `json:"id"`
		ShortDescription sarifMessage `json:"shortDescription"`
		HelpURI          string       `json:"helpUri"`
		Default          sarifLevel   `json:"defaultConfiguration"`
	}
	sarifLevel struct {
		Level Severity `json:"level"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     Severity        `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
	}
	sarifPhysical struct {
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct {
		URI string `json:"uri"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
	}
)

// rulesPage has a section for each rule.
const rulesPage = "https://github.com/eddy-previews/eddy/blob/main/docs/lint.md#"

// WriteSARIF writes one run of a version of Eddy with every rule, and a result for
// each finding. The severities are SARIF's levels of the same name.
func WriteSARIF(out io.Writer, version string, findings []Finding) error {
	driver := sarifDriver{Name: "eddy", Version: version}
	index := map[string]int{}
	for n, rule := range append(Rules(), Unseen()) {
		index[rule.ID] = n
		driver.Rules = append(driver.Rules, sarifRule{rule.ID, sarifMessage{rule.Finds}, rulesPage + rule.ID, sarifLevel{rule.Severity}})
	}
	run := sarifRun{Tool: sarifTool{driver}, Results: []sarifResult{}}
	for _, finding := range findings {
		run.Results = append(run.Results, sarifResult{
			RuleID: finding.Rule, RuleIndex: index[finding.Rule], Level: finding.Severity,
			Message:   sarifMessage{finding.Message + ". Fix: " + finding.Fix},
			Locations: []sarifLocation{{physical(finding)}},
		})
	}
	return writeJSON(out, sarifLog{
		Schema: "https://json.schemastore.org/sarif-2.1.0.json", Version: "2.1.0", Runs: []sarifRun{run},
	})
}

func physical(finding Finding) sarifPhysical {
	out := sarifPhysical{Artifact: sarifArtifact{filepath.ToSlash(finding.File)}}
	if finding.Line > 0 {
		out.Region = &sarifRegion{finding.Line, max(1, finding.Column)}
	}
	return out
}

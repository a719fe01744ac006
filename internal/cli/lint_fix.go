package cli

import (
	"context"
	"fmt"

	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/lint"
)

// repair writes what the findings' edits make of the files, and returns what is found
// then. Repairs that bring a finding that was not there are taken back.
func (o *lintSetup) repair(ctx context.Context, setup *lint.Setup, findings []lint.Finding) ([]lint.Finding, error) {
	texts, count := setup.Fix(findings)
	if count == 0 {
		return findings, nil
	}
	before := map[string][]byte{}
	for name := range texts {
		text, err := files.Read(name)
		if err != nil {
			return nil, fmt.Errorf("repairing: %w", err)
		}
		before[name] = text
	}
	after, err := o.written(ctx, texts)
	if err != nil {
		return nil, err
	}
	if worse := brought(findings, after); worse != nil {
		_, _ = fmt.Fprintf(o.Err, "repaired nothing: it would bring %s (%s)\n", worse.Rule, worse.Message)
		return o.written(ctx, before)
	}
	_, _ = fmt.Fprintf(o.Err, "repaired %d of %s\n", count, counted(len(findings), "finding"))
	return after, nil
}

// written writes files, and returns what is found then.
func (o *lintSetup) written(ctx context.Context, texts map[string][]byte) ([]lint.Finding, error) {
	for name, text := range texts {
		if err := files.Replace(name, text); err != nil {
			return nil, fmt.Errorf("repairing: %w", err)
		}
	}
	setup, err := o.load(ctx)
	if err != nil {
		return nil, err
	}
	return setup.Findings(), nil
}

// brought returns a finding of which there were less of its rule in its file before, nil
// when there is none.
func brought(before, after []lint.Finding) *lint.Finding {
	type kind struct{ rule, file string }
	left := map[kind]int{}
	for _, finding := range before {
		left[kind{finding.Rule, finding.File}]++
	}
	for n, finding := range after {
		of := kind{finding.Rule, finding.File}
		if left[of]--; left[of] < 0 {
			return &after[n]
		}
	}
	return nil
}

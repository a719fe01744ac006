package admit

import (
	"context"
	"fmt"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
)

// The keys under which evidence is exported with a commit.
const (
	ImagesKey   = "images"
	ChecksKey   = "checks"
	ShortSHAKey = "shortSha"
)

// EvidenceKeys are all of them.
func EvidenceKeys() []string {
	return []string{ImagesKey, ChecksKey, ShortSHAKey, ApprovedByKey, ApprovedSHAKey}
}

// Prover is what asks for the evidence that a gate wants. An Asked that is none
// knows of no gate.
type Prover interface {
	// Prove returns the evidence for items that all other rules let pass.
	Prove(ctx context.Context, items []source.Item) map[forge.Change]Evidence
}

// checkGate refuses a gate of what has no commit, and checks that no forge tells of.
func checkGate(provider *v1.ResourceSetInputProvider, kind source.Type) error {
	gate := provider.Spec.Gate
	if gate == nil {
		return nil
	}
	if kind.Watches != source.Request && kind.Watches != source.Branch {
		return fmt.Errorf("spec.gate: a provider of type %s watches nothing that has a commit: remove it", provider.Spec.Type)
	}
	for n, check := range gate.Checks {
		switch {
		case !kind.Checks.Told:
			return fmt.Errorf("spec.gate.checks: a provider of type %s cannot tell what CI says of a commit: remove it", provider.Spec.Type)
		case check.App != "" && !kind.Checks.Apps:
			return fmt.Errorf("spec.gate.checks[%d].app: a provider of type %s cannot tell who says so: remove it", n, provider.Spec.Type)
		}
	}
	return nil
}

// proved waits for the evidence, which is asked for last: of those alone who would
// be exported else.
func proved(item source.Item, known Known) *Verdict {
	evidence, asked := known.Evidence[item.Change()]
	if !asked || evidence.Proved != nil {
		return nil
	}
	if evidence.Reason == "" { // what says neither is no evidence
		evidence = Evidence{Reason: EvidenceUnavailable, Message: "waits for its turn to be looked for"}
	}
	out := hold(evidence.Reason, "%s", evidence.Message).by("spec.gate").keeping(item, known)
	out.Since, out.Next, out.Overdue = evidence.Since, evidence.Next, evidence.Overdue
	return out
}

// prove asks for the evidence for what would be exported, and lets the rules judge
// once more.
func (c *Chain) prove(ctx context.Context, asked Asked, items []source.Item, known Known) []Verdict {
	verdicts := c.Settle(items, known)
	prover, is := asked.(Prover)
	if !is {
		return verdicts
	}
	var ready []source.Item
	for _, verdict := range verdicts {
		if verdict.Decision == Export {
			ready = append(ready, verdict.Item)
		}
	}
	known.Evidence = prover.Prove(ctx, ready)
	verdicts = c.Settle(items, known)
	for n, verdict := range verdicts {
		if verdict.Decision == Export {
			evidence := known.Evidence[verdict.Item.Change()]
			verdicts[n].Proved, verdicts[n].Waited = evidence.Proved, evidence.Waited
		}
	}
	return verdicts
}

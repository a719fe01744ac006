package admit

import (
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
)

// Verdict is what becomes of one item.
type Verdict struct {
	Item     source.Item
	Decision Decision
	// Reason is a word for machines, and Message a half-sentence about the item
	// for people: of what is held, one that goes on from "the request is open and".
	// Both are empty for Export.
	Reason  Reason
	Message string
	// Field of the spec whose rule has decided, such as spec.filter.labels; empty
	// where it was none.
	Field string
	// Since is since when it is so, and Next when it may be otherwise without
	// anybody doing anything; zero where the rules do not know.
	Since, Next time.Time
	// Overdue is for how long evidence has been waited for in vain, where that is as
	// long as the gate waits; else 0.
	Overdue time.Duration
	// Proved is what is exported of the evidence; nil where none was asked for.
	Proved v1.ResourceSetInput
	// Waited is how long evidence was waited for that is new; nil for any other.
	Waited *time.Duration
}

// Decision is what becomes of an item.
type Decision string

// Refuse is for what was never wanted. Hold and Keep are for what is wanted and
// has to wait: one is no input, the other stays the input that it was.
const (
	Export Decision = "Export"
	Keep   Decision = "Keep"
	Hold   Decision = "Hold"
	Refuse Decision = "Refuse"
)

// IsInput reports whether the item is an input, as it is or as it was.
func (v Verdict) IsInput() bool { return v.Decision == Export || v.Decision == Keep }

// Reason is why an item is not exported as it is.
type Reason string

// The reasons, in the order of the rules; the last one is that of what is exported
// and does not fit.
const (
	Filtered     Reason = "Filtered"
	Untouched    Reason = "PathsUntouched"
	NotStorable  Reason = v1.HeldNotStorable
	OutOfRange   Reason = "OutOfRange"
	Outranked    Reason = "Outranked"
	Queued       Reason = v1.HeldQueued
	LabelMissing Reason = v1.HeldLabelMissing
	Paused       Reason = v1.HeldPaused
	NotComputed  Reason = v1.HeldNotComputed
	NoCommit     Reason = v1.HeldNoCommit

	WaitingForApproval  Reason = v1.HeldWaitingForApproval
	WaitingForImage     Reason = v1.HeldWaitingForImage
	WaitingForCheck     Reason = v1.HeldWaitingForCheck
	CheckFailed         Reason = v1.HeldCheckFailed
	EvidenceUnavailable Reason = v1.HeldEvidenceUnavailable

	NoRoom Reason = v1.HeldNoRoom
)

// Known is what the rules need and no item tells: it is asked before, and handed
// in. What is not known is held against nobody.
type Known struct {
	// Exported are the keys of the items that are inputs already.
	Exported map[string]bool
	// Matching are changes that were found to touch spec.filter.paths before.
	Matching map[forge.Change]bool
	// Files are what other changes touch.
	Files map[forge.Change]forge.Touched
	// Approvals are what spec.forks asks for; nil where nobody was asked.
	Approvals map[forge.Change]Approval
	// Evidence is what spec.gate asks for.
	Evidence map[forge.Change]Evidence
}

// Evidence says whether what a gate wants of a commit is there.
type Evidence struct {
	// Reason and Message say what is not there; both are empty where all is.
	Reason  Reason
	Message string
	// Since, Next and Overdue are as in a Verdict, and so are Proved and Waited.
	Since, Next time.Time
	Overdue     time.Duration
	Proved      v1.ResourceSetInput
	Waited      *time.Duration
}

// Count is how many verdicts have a reason.
func Count(verdicts []Verdict, reason Reason) int {
	n := 0
	for _, verdict := range verdicts {
		if verdict.Reason == reason {
			n++
		}
	}
	return n
}

// Static is the verdict on the one item of a provider that watches nothing. The
// name tells the provider from others.
func Static(name string) []Verdict {
	return []Verdict{{Item: source.Static(name), Decision: Export}}
}

// Package report turns what a run came to into what a person and a machine
// can see of it: conditions, an event, a metric, and the time of the next run.
//
// The steps of a reconciler return values and errors; none of them touches a
// condition. One Outcome closes each run, and one function, Reporter.Finish,
// writes it down. When there is no news, nothing is written.
package report

import (
	"errors"
	"strings"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Kind is one of the ways in which a run can end.
type Kind int

const (
	// Ready says that the cluster is as it should be; run again at the interval.
	Ready Kind = iota
	// Waiting says that something else has to happen first; look again soon.
	Waiting
	// Failed says that it went wrong and may go right; try again with backoff.
	Failed
	// Skipped says that it was not the time to run; conditions stay as they are.
	Skipped
	// Stalled says that it cannot go right until somebody changes something.
	Stalled
)

// Outcome is what a run came to.
type Outcome struct {
	Kind Kind
	// Reason is the reason of the Ready condition and of the event.
	Reason string
	// Message for a person: who, what, and what happens next.
	Message string
	// Status of the Ready condition while Waiting: False unless it is Unknown.
	Status metav1.ConditionStatus
	// After is the time to the next run. When Failed, 0 means backoff; a
	// Stalled run has no next one.
	After time.Duration
	// Revision is the digest of what was exported or applied, if any.
	Revision string
	// Events are what the run has to tell of beside what it came to.
	Events []Event

	// remarks are what the message of a success says beside how long it took.
	remarks string
}

// Done is a run that brought everything in order. Remarks are half-sentences of
// what is worth knowing all the same, such as "3 more match and wait".
func Done(took, after time.Duration, remarks ...string) Outcome {
	done := Outcome{Kind: Ready, Reason: meta.ReconciliationSucceededReason, After: after}
	done.Message = finishedIn + rounded(took).String()
	return done.noting(remarks...)
}

// noting adds to an outcome what is worth knowing whatever a run came to.
func (o Outcome) noting(remarks ...string) Outcome {
	for _, remark := range remarks {
		o.Message += "; " + remark
		o.remarks += "; " + remark
	}
	return o
}

// finishedIn begins the message of a success; how long it took comes next.
const finishedIn = "Reconciliation finished in "

// rounded is how exactly people are told how long something took.
func rounded(took time.Duration) time.Duration { return took.Round(time.Millisecond) }

// isSaidBy reports whether a message is what the success says, had it taken
// another time.
func (o Outcome) isSaidBy(message string) bool {
	took, begins := strings.CutPrefix(message, finishedIn)
	took, ends := strings.CutSuffix(took, o.remarks)
	_, err := time.ParseDuration(took)
	return begins && ends && err == nil
}

// Wait is a run that something else holds up.
func Wait(reason, message string, after time.Duration) Outcome {
	return Outcome{Kind: Waiting, Status: metav1.ConditionFalse, Reason: reason, Message: message, After: after}
}

// Skip is a run that was not to happen yet.
func Skip(reason, message string, after time.Duration) Outcome {
	return Outcome{Kind: Skipped, Reason: reason, Message: message, After: after}
}

// Error is an error that knows how its run ends.
type Error struct {
	Outcome Outcome
	Err     error
}

// Error returns the message of the cause.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Fail marks an error that may pass by itself.
func Fail(reason string, err error) error {
	return &Error{Outcome: Outcome{Kind: Failed, Reason: reason, Message: err.Error()}, Err: err}
}

// Stall marks an error that only a change of the object can mend.
func Stall(reason string, err error) error {
	message := "Reconciliation failed terminally due to configuration error: " + err.Error()
	return &Error{Outcome: Outcome{Kind: Stalled, Reason: reason, Message: message}, Err: err}
}

// StallWith is Stall with a message in words of its own.
func StallWith(reason, message string, err error) error {
	return &Error{Outcome: Outcome{Kind: Stalled, Reason: reason, Message: message}, Err: err}
}

// Hold marks a run that waits for something that is not an error of its own.
func Hold(outcome Outcome) error {
	return &Error{Outcome: outcome, Err: errors.New(outcome.Message)}
}

// FromError returns the outcome that an error carries, or a failed one.
func FromError(err error) Outcome {
	var known *Error
	if errors.As(err, &known) {
		return known.Outcome
	}
	return Outcome{Kind: Failed, Reason: meta.ReconciliationFailedReason, Message: err.Error()}
}

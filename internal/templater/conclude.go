package templater

import (
	"fmt"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/few"
	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/report"
)

const (
	// named is how many failed previews a message names.
	named = 5
	// leavingSoon and leavingLate bound the time between two looks at objects
	// that are being deleted: a Kustomization takes a second, a stuck one for ever.
	leavingSoon = time.Second
	leavingLate = 30 * time.Second
)

// conclude says what a run came to that got through all its steps.
func (r *run) conclude(p desired, result applied, pruned apply.Pruned) report.Outcome {
	outcome := r.verdict(p, result, pruned)
	if !result.due.IsZero() && outcome.After > 0 { // else the queue comes back with a backoff like that of the Job
		outcome.After = min(outcome.After, max(result.due.Sub(r.Now()), time.Millisecond))
	}
	if outcome.Kind == report.Ready {
		outcome.Revision = p.revision()
	}
	outcome.Events = report.Applied(append(result.changes, pruned.Changes...), outcome.Revision)
	return outcome
}

// verdict picks the worst thing that happened: what failed, what is not ready
// yet, what is unknown; otherwise all is well.
func (r *run) verdict(p desired, result applied, pruned apply.Pruned) report.Outcome {
	waiting := result.waiting()
	for _, failed := range result.failed.list {
		r.noteRefusal(failed.err)
	}
	switch {
	case result.failed.len() > 0 && r.single():
		return report.FromError(fmt.Errorf("reconciliation failed: %w", result.failed.list[0].err))
	case result.failed.len() > 0:
		return report.Outcome{
			Kind: report.Failed, Reason: v1.ReasonPreviewsFailed, After: r.nextLook(p, result),
			Message: tally(result.failed, len(p.previews), "failed and keep what they had"),
		}
	case waiting.len() > 0:
		return r.progressing(p, waiting, r.nextLook(p, result))
	case len(p.inputs.Silent) > 0:
		return r.unheard(p.inputs.Silent)
	}
	took := r.Now().Sub(r.started)
	after, remarks := r.Report.Interval(r.set), []string(nil)
	if late, next := r.lateness(p, result); late.len() > 0 {
		after, remarks = min(after, r.Report.AtLeast(next)), append(remarks, tally(late, len(p.previews), "are applied and not ready"))
	}
	if len(pruned.Left) > 0 {
		after, remarks = min(after, r.patience(pruned)), append(remarks, leaving(pruned))
	}
	return report.Done(took, after, remarks...)
}

// progressing is a run some of whose objects have yet to become ready.
func (r *run) progressing(p desired, waiting problems, after time.Duration) report.Outcome {
	message := tally(waiting, len(p.previews), "not ready yet")
	if r.single() {
		message = waiting.list[0].err.Error()
	}
	outcome := report.Wait(meta.ProgressingReason, message, after)
	outcome.Status = metav1.ConditionUnknown
	return outcome
}

// nextLook is the time to the next run while something failed or waits: when
// the first failed preview is tried again, or the health of one is looked at.
func (r *run) nextLook(p desired, result applied) time.Duration {
	after := r.Report.AtLeast(r.set.GetInterval())
	if next := r.nextTry(); next > 0 {
		after = min(after, next)
	}
	if result.waits() {
		after = min(after, r.memory.patience(r.started))
	}
	if _, next := r.lateness(p, result); next > 0 {
		after = min(after, next)
	}
	return after
}

// tally says how many previews met with a problem, and of the first few, why.
func tally(met problems, of int, what string) string {
	return fmt.Sprintf("%d of %d previews %s: %s", met.len(), of, what, few.Each(met.list, named, "; ", problem.String))
}

// leaving says what is still being deleted, and why it takes so long: first of
// all what cannot be deleted.
func leaving(pruned apply.Pruned) string {
	left := pruned.Blocked.Union(pruned.Left)
	return fmt.Sprintf("%s still to be deleted: %s", count(len(left), "object"), list(left, pruned.Why))
}

// list names the first few of some objects, each with why it is there, where
// that is known.
func list(objects apply.Inventory, why map[object.Ref]string) string {
	return few.Each(objects, named, "; ", func(entry apply.Entry) string {
		if because := why[entry.Ref]; because != "" {
			return entry.String() + ": " + because
		}
		return entry.String()
	})
}

// count writes a number of things.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// patience is the time to the next look at what is being deleted: short at
// first, longer the longer it takes.
func (r *run) patience(pruned apply.Pruned) time.Duration {
	switch {
	case !pruned.Since.IsZero():
	case len(pruned.Blocked) > 0: // nothing will come of looking more often
		return leavingLate
	default:
		return leavingSoon
	}
	return min(max(r.Now().Sub(pruned.Since)/4, leavingSoon), leavingLate)
}

// failure is the outcome of a run that an error ended; the history notes it
// under the digest of what was asked for.
func (r *run) failure(err error) report.Outcome {
	r.noteRefusal(err)
	outcome := report.FromError(err)
	if outcome.Kind == report.Stalled {
		r.record(specDigest(r.set), outcome, nil)
	}
	return outcome
}

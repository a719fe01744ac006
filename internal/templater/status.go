package templater

// What a run writes into the status of a set is written here, and nowhere else:
// what the set owns before and after it changes that, and at the end all the rest.

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/fluxcd/pkg/apis/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/report"
)

// standing is how a set stands at the end of a run.
type standing struct {
	desired desired
	// owned is what it owns now.
	owned    apply.Inventory
	previews []v1.PreviewStatus
	outcome  report.Outcome
}

// write writes down how the set stands.
func (r *run) write(s standing) {
	r.set.Status.ExternalChecksumRefs = s.desired.external
	r.own(s.owned)
	if s.outcome.Kind == report.Ready {
		r.set.Status.LastAppliedRevision = s.outcome.Revision
	}
	r.record(s.desired.revision(), s.outcome, map[string]string{
		"inputs":    strconv.Itoa(len(s.desired.inputs.Sets)),
		"resources": strconv.Itoa(len(s.desired.inventory)),
	})
	r.set.Status.Previews, r.set.Status.PreviewCounts = nil, nil
	if r.single() {
		return
	}
	r.set.Status.PreviewCounts = countPreviews(s.previews)
	r.set.Status.Previews = r.fitting(s.previews) // in the room that all else leaves
	r.set.Status.PreviewCounts.Listed = int64(len(r.set.Status.Previews))
}

// own writes down what the set owns.
func (r *run) own(inventory apply.Inventory) { r.set.Status.Inventory = inventory.Stored() }

// owned reads what the set owns, each object as the API server knows it.
func (r *run) owned() (apply.Inventory, error) {
	stored, err := apply.ReadInventory(r.set.Status.Inventory)
	return r.Kinds.Placed(stored), err
}

// claim stores the inventory of old and new before anything is written, so
// that what is created is known to be owned whatever happens next.
func (r *run) claim(ctx context.Context, known apply.Inventory, p desired) error {
	r.memory.applied.Recall(known)
	r.drift.own(client.ObjectKeyFromObject(r.set), known.Union(p.inventory))
	if len(p.inventory.Without(known)) == 0 {
		return nil
	}
	r.own(known.Union(p.inventory))
	if err := r.save(ctx); err != nil {
		r.own(known) // so that why can be written
		return fmt.Errorf("storing the inventory before applying: %w", err)
	}
	return nil
}

// save writes the status as it is now.
func (r *run) save(ctx context.Context) error {
	if err := r.Report.Save(ctx, r.saved, r.set); err != nil {
		return err
	}
	r.saved = r.set.DeepCopy()
	return nil
}

// record adds an outcome to the history when it differs from the last one, or
// when somebody asked for the run: no news, no writes.
func (r *run) record(digest string, outcome report.Outcome, metadata map[string]string) {
	if outcome.Kind == report.Waiting {
		return
	}
	latest := r.set.Status.History.Latest()
	requested, _ := meta.ReconcileAnnotationValue(r.set.Annotations)
	same := latest != nil && latest.Digest == digest && latest.LastReconciledStatus == outcome.Reason
	if same && len(outcome.Events) == 0 && requested == r.set.Status.LastHandledReconcileAt {
		return
	}
	now := r.Now()
	r.set.Status.History.Upsert(digest, now, now.Sub(r.started), outcome.Reason, metadata)
}

func specDigest(set *v1.ResourceSet) string {
	text, _ := json.Marshal(set.Spec) // it came as JSON
	return fmt.Sprintf("sha256:%x", sha256.Sum256(text))
}

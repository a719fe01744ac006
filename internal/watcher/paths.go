package watcher

import (
	"context"
	"errors"
	"fmt"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
)

// touching keeps the items whose change touches one of the globs, all where
// there are none. The forge is asked once for each head commit:
//
//	head commit and target as exported by these rules   kept, nobody is asked
//	more files than the forge tells                      kept: it may touch them
//	not computed by the forge yet                        as a commit not yet known
//	anything else that goes wrong                        the run fails
func touching(ctx context.Context, asked repository, globs []string, items []source.Item) ([]source.Item, error) {
	if len(globs) == 0 {
		return items, nil
	}
	var kept []source.Item
	for _, item := range items {
		if item.SHA == "" || asked.vouched[change{item.Key(), item.SHA, item.TargetBranch}] {
			kept = append(kept, item)
			continue
		}
		files, err := asked.Files(ctx, item)
		switch {
		case errors.Is(err, forge.ErrNotComputed):
			item.SHA = ""
			kept = append(kept, item)
		case errors.Is(err, forge.ErrTooManyFiles), err == nil && touches(files, globs):
			kept = append(kept, item)
		case err != nil:
			return nil, fmt.Errorf("spec.filter.paths: %w", err)
		}
	}
	return kept, nil
}

// change is a state of a request: what it changes is the same for as long as it
// is.
type change struct{ key, sha, target string }

// vouchedFor returns the changes that were found to match by the same rules:
// those that the last successful run of this generation exported. It spares a
// restart a question for each preview that runs.
func vouchedFor(provider *v1.ResourceSetInputProvider, exported exportedInputs) map[change]bool {
	ready := conditions.Get(provider, meta.ReadyCondition)
	if ready == nil || ready.Status != metav1.ConditionTrue || ready.Reason != meta.ReconciliationSucceededReason ||
		ready.ObservedGeneration != provider.Generation {
		return nil
	}
	out := make(map[change]bool, len(exported))
	for key, in := range exported {
		out[change{key, textOf(in.values, "sha"), textOf(in.values, "targetBranch")}] = true
	}
	return out
}

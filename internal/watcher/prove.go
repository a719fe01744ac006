package watcher

import (
	"context"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/evidence"
	"github.com/eddy-previews/eddy/internal/export"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/registry"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/source"
)

// asking says on whose behalf a run asks.
func (r *Reconciler) asking(provider *v1.ResourceSetInputProvider) admit.Asking {
	return admit.Asking{
		Provider: client.ObjectKeyFromObject(provider), Generation: provider.Generation,
		Now: r.Now, Interval: r.Report.Interval(provider), Anew: isAsked(provider),
	}
}

// prover returns what asks for the evidence that a gate wants; nil for no gate.
func (r *Reconciler) prover(provider *v1.ResourceSetInputProvider, gate *evidence.Gate, asked source.Source, exported export.Inputs) func(context.Context, []source.Item) map[forge.Change]admit.Evidence {
	if gate == nil {
		return nil
	}
	question := evidence.Question{
		Asking: r.asking(provider),
		Before: map[string]v1.ResourceSetInput{}, Held: provider.Status.Held,
		Open: func(ctx context.Context, image v1.GateImage, field string) (*registry.Repository, error) {
			config, err := r.Credentials.Config(ctx, credential.OfImage(provider, image, field))
			if err != nil {
				return nil, err
			}
			config.Pools = r.Shared.Pools()
			return source.OpenRegistry(config)
		},
		Checks: asked.Checks,
	}
	for key, in := range exported {
		question.Before[key] = in.Values
	}
	return func(ctx context.Context, items []source.Item) map[forge.Change]admit.Evidence {
		return gate.Ask(ctx, &r.Looks, question, items)
	}
}

// overdue are the events of evidence that was waited for in vain.
func overdue(verdicts []admit.Verdict) []report.Event {
	var lines []string
	for _, verdict := range verdicts {
		if verdict.Overdue > 0 {
			lines = append(lines, fmt.Sprintf("%s %s: not there after %s", verdict.Item.Key(), verdict.Message, verdict.Overdue))
		}
	}
	return report.Overdue(lines)
}

// nextLook is when evidence is looked for again; zero for no time.
func nextLook(verdicts []admit.Verdict) time.Time {
	var out time.Time
	for _, verdict := range verdicts {
		if verdict.Field == "spec.gate" && (out.IsZero() || verdict.Next.Before(out)) {
			out = verdict.Next
		}
	}
	return out
}

package watcher

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/fluxcd/pkg/apis/meta"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
)

// maxAge is how old a listing may be that another provider has asked for.
const maxAge = 10 * time.Second

// repository is what one run asks: a source, and what it shares with others.
type repository struct {
	source.Source
	config source.Config
	shared *source.Shared
	// prove asks for what the provider's gate wants; nil where it has none.
	prove func(ctx context.Context, items []source.Item) map[forge.Change]admit.Evidence
	// approve asks who has approved of commits; nil where nobody has to.
	approve func(ctx context.Context, items []source.Item) map[forge.Change]admit.Approval
	// since is when what is listed must have been asked for, at the earliest.
	since time.Time
}

// List implements source.Source.
func (r repository) List(ctx context.Context, q source.Query) ([]source.Item, error) {
	return r.shared.List(ctx, r.Source, source.Poll{Config: r.config, Query: q, Since: r.since})
}

// Files implements forge.Files.
func (r repository) Files(ctx context.Context, item source.Item) ([]string, error) {
	return r.shared.Files(ctx, r.Source, r.config, item)
}

// Prove implements admit.Prover.
func (r repository) Prove(ctx context.Context, items []source.Item) map[forge.Change]admit.Evidence {
	if r.prove == nil {
		return nil
	}
	return r.prove(ctx, items)
}

// Approve implements admit.Approver. Nobody who has to be approved of is asked about
// where nothing says how.
func (r repository) Approve(ctx context.Context, items []source.Item) map[forge.Change]admit.Approval {
	if r.approve == nil {
		return map[forge.Change]admit.Approval{}
	}
	return r.approve(ctx, items)
}

// freshness returns since when a listing is new enough for a run: from now on
// where somebody asked for the run, else a part of the interval before.
func freshness(provider *v1.ResourceSetInputProvider, now time.Time) time.Time {
	if isAsked(provider) {
		return now
	}
	return now.Add(-min(maxAge, provider.GetInterval()/10))
}

// isAsked reports whether somebody asked for the run.
func isAsked(provider *v1.ResourceSetInputProvider) bool {
	requested, ok := meta.ReconcileAnnotationValue(provider.Annotations)
	return ok && requested != provider.GetLastHandledReconcileRequest()
}

// hostOf returns whom the run of a provider asks; "" for nobody. A proxy of its
// own is another way there, which may hang while the host does not.
func hostOf(provider *v1.ResourceSetInputProvider) string {
	parsed, err := url.Parse(provider.Spec.URL)
	if err != nil {
		return "" // the run says what is wrong with it
	}
	host := strings.ToLower(parsed.Host)
	if proxy := provider.Spec.ProxySecretRef; proxy != nil {
		host += " through " + provider.Namespace + "/" + proxy.Name
	}
	return host
}

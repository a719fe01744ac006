package watcher

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/test/forge"
)

// everyForge are all servers, those that know no labels too.
var everyForge = append([]func(testing.TB) *forge.Forge{forge.NewBitbucketCloud, forge.NewBitbucketServer, forge.NewCodeCommit}, forges...)

// reach leads a bench to a server that stands in for a host of the vendor's, or
// that knows keys in the place of passwords.
func (b *bench) reach(f *forge.Forge) func(*v1.ResourceSetInputProvider) {
	b.NewSource = func(config source.Config) (source.Source, error) {
		config.Proxy, config.TLS = f.Proxy, f.TLS
		if f.AWS != nil {
			config.AWS = f.AWS(forge.Token)
		}
		return source.New(config)
	}
	return func(p *v1.ResourceSetInputProvider) {
		p.Spec.Skip = nil
		if f.AWS != nil {
			p.Spec.SecretRef = nil
		}
	}
}

// Seven requests, of which each but the first has something that a filter asks for.
func sevenRequests(f *forge.Forge) {
	fresh := now.Add(-time.Hour)
	for _, r := range []forge.Request{
		{}, {Draft: true}, {Fork: true}, {Author: "grace"}, {Target: "release/2"}, {Updated: now.AddDate(0, -3, 0)},
		{Files: []string{"docs/x.md"}},
	} {
		if r.Updated.IsZero() {
			r.Updated = fresh
		}
		if r.Files == nil {
			r.Files = []string{"services/api/main.go"}
		}
		f.Open(r)
	}
}

func TestEveryFilterIsAppliedOrRefusedOnEveryForge(t *testing.T) {
	for _, start := range everyForge {
		f := start(t)
		t.Run(f.Type, func(t *testing.T) {
			sevenRequests(f)
			kind, err := source.TypeOf(f.Type)
			if err != nil {
				t.Fatal(err)
			}
			b := newBench(t)
			b.Now = func() time.Time { return now }
			b.watch(f, b.reach(f))
			written := "1 2 3 5 6 7"
			if f.Type == v1.InputProviderAWSCodeCommitPullRequest {
				written = "" // there, a role is who wrote a request, and all are of one
			}
			for _, c := range []struct {
				field  string
				filter v1.InputProviderFilter
				told   bool
				want   string
			}{
				{"labels", v1.InputProviderFilter{Labels: []string{"x"}}, kind.Tells.Labels, ""},
				{"drafts", v1.InputProviderFilter{Drafts: v1.FilterExclude}, kind.Tells.Drafts, "1 3 4 5 6 7"},
				{"forks", v1.InputProviderFilter{Forks: v1.FilterExclude}, kind.Tells.Forks, "1 2 4 5 6 7"},
				{"authors", v1.InputProviderFilter{Authors: []string{
					"!grace", "!grace@example.com", "!" + forge.AccountID("grace"), "!arn:aws:sts::111122223333:assumed-role/developer",
				}}, kind.Tells.Author, written},
				{"includeTargetBranch", v1.InputProviderFilter{IncludeTargetBranch: "^release/"}, kind.Tells.TargetBranch, "5"},
				{"excludeTargetBranch", v1.InputProviderFilter{ExcludeTargetBranch: "^main$"}, kind.Tells.TargetBranch, "5"},
				{"updatedWithin", v1.InputProviderFilter{UpdatedWithin: &twoWeeks}, kind.Tells.Updated, "1 2 3 4 5 7"},
				{"paths", v1.InputProviderFilter{Paths: []string{"docs/**"}}, kind.Tells.Files, "7"},
			} {
				provider, err := b.filtered(c.filter)
				if !c.told && err != nil && strings.Contains(err.Error(), "spec.filter."+c.field) {
					continue // it is not admitted
				}
				if err != nil {
					t.Fatal(err)
				}
				if !c.told {
					b.wantReady(provider, metav1.ConditionFalse, v1.ReasonInvalidSpec, "spec.filter."+c.field+": a provider of type "+f.Type+" cannot tell")
					continue
				}
				b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
				if got := numbers(provider); got != c.want {
					t.Errorf("%s: exported %q, want %q", c.field, got, c.want)
				}
			}
		})
	}
}

// filtered runs the provider with another filter, where that is admitted.
func (b *bench) filtered(filter v1.InputProviderFilter) (*v1.ResourceSetInputProvider, error) {
	b.t.Helper()
	provider := b.run()
	provider.Spec.Filter = &filter
	if err := b.Client.Update(context.Background(), provider); err != nil {
		return nil, err
	}
	return b.run(), nil
}

// numbers lists what a provider exports, by number.
func numbers(provider *v1.ResourceSetInputProvider) string {
	var out []string
	for _, one := range strings.Fields(exported(provider)) {
		number, _, _ := strings.Cut(one, "@")
		out = append(out, number)
	}
	return strings.Join(out, " ")
}

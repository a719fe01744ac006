package lint

import (
	"context"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/simulate"
	"github.com/eddy-previews/eddy/internal/source"
)

// Usual is what comes of a request as people have them.
type Usual struct {
	Branch, Author string
	Result         simulate.Result
	// Err is why nothing comes of it.
	Err error
}

// usualRequests are branches and authors as they are met: those of bots, of trackers, of
// people who write much, and of people who do not write English. The three long ones have
// a dash at each place at which a name may be cut.
func usualRequests() []sampleRequest {
	const long = "do-it-as-we-go-on-so-it-is-up-to-us-if-we-do-it-or-no-it-is-ok-as-it-is-to-me-so-we-go-on-as-we-do-or-we-do-it-as-it-is-up-to-us-to-do-so-or-to-go-on-as-we-do-it-so-as-it-is-in-my-to-do-it-is-ok"
	return []sampleRequest{
		{branch: "dependabot/npm_and_yarn/lodash-4.17.21", author: "dependabot[bot]", title: "build(deps): bump lodash from 4.17.20 to 4.17.21"},
		{branch: "renovate/ghcr.io-acme-api-1.x", author: "renovate[bot]", title: "chore(deps): update ghcr.io/acme/api to v1 (#7)"},
		{branch: "feature/ABC-1_x", author: "Ada_L", title: "ABC-1: \"quoted\" & more"},
		{branch: "fix/" + long, author: "a-name-of-a-person-who-has-a-long-name_and_an_employer_in_it", title: strings.Repeat("much to say ", 20)},
		{branch: "feat/" + long, author: "ada", title: "x"},
		{branch: "chore/" + long, author: "ada", title: "x"},
		{branch: "日本語/変更", author: "josé", title: "変更: größer 🚀"},
		{branch: "user/ada/wip_", author: "ada.l@example.com", title: "WIP:"},
	}
}

// followUsual follows them where texts of a request show in what is made of it.
func (s *Service) followUsual(ctx context.Context, first sampleRequest) {
	if reflect.DeepEqual(stampedOf(s.Samples.First), stampedOf(s.Samples.Hostile)) {
		return
	}
	derives := false
	for _, request := range usualRequests() {
		request.id, request.sha, request.text = first.id, first.sha, request.branch
		if !s.letsIn(request) {
			continue
		}
		result, err := s.stamp(ctx, request, nil)
		likely, ok := derived(s.Samples.First, result)
		if err == nil && ok && derives {
			s.Samples.Usual = append(s.Samples.Usual, Usual{request.branch, request.author, likely, nil})
			continue
		}
		result, err = s.follow(ctx, request)
		s.Samples.Usual = append(s.Samples.Usual, Usual{request.branch, request.author, result, err})
		derives = derives || err == nil && ok && hasSame(likely, result)
	}
}

func stampedOf(result simulate.Result) []map[string]any {
	var out []map[string]any
	for _, part := range result.Parts {
		out = append(out, part.Stamped.Object)
	}
	return out
}

// letsIn reports whether all watchers of the service let a request in, as far as its
// branch and its author tell.
func (s *Service) letsIn(request sampleRequest) bool {
	return !slices.ContainsFunc(s.Providers, func(p Provider) bool {
		if p.Object.Spec.Filter == nil || !isRequest(p.Object) {
			return false
		}
		of := p.Object.Spec.Filter
		named := &v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{Type: p.Object.Spec.Type, Filter: &v1.InputProviderFilter{
			IncludeBranch: of.IncludeBranch, ExcludeBranch: of.ExcludeBranch, Authors: of.Authors,
		}}}
		chain, err := admit.Compile(named, time.Time{})
		if err != nil {
			return false // what is wrong with it a rule tells
		}
		kind, _ := source.TypeOf(p.Object.Spec.Type)
		_, refused := chain.Filter([]source.Item{request.item(kind)})
		return len(refused) > 0
	})
}

var notInSlug = regexp.MustCompile(`[^a-z0-9-]`)

// slugOf writes a branch as GitLab does.
func slugOf(branch string) string {
	out := notInSlug.ReplaceAllString(strings.ToLower(branch), "-")
	return strings.Trim(out[:min(len(out), 63)], "-")
}

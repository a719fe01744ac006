package approval

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
)

// reading is what was read of a request.
type reading struct {
	// said is what those said who may, the oldest first.
	said []statement
	// at is when it was read.
	at time.Time
	// pushed is when its head came to be its commit; zero where that is not known.
	pushed time.Time
	// why says of what was said last and does not count why it does not.
	why string
	// partial says that of some who spoke nobody knows whether they may.
	partial bool
	// err is why nothing could be read.
	err error
}

func byTime(a, b statement) int { return a.at.Compare(b.at) }

// read asks the forge what was said of an item.
func (p *Policy) read(ctx context.Context, q Question, judge *judge, item forge.Item) reading {
	if q.Failed != nil {
		return reading{err: q.Failed}
	}
	said, err := p.statements(ctx, q.Repository, item)
	if err != nil {
		return reading{err: err}
	}
	for _, one := range slices.Backward(said) { // what takes back is heard before others drown it
		if one.revokes {
			if _, _, err := judge.judge(ctx, one.by, item); err != nil {
				return reading{err: err}
			}
		}
	}
	out := reading{}
	for _, one := range slices.Backward(said) { // who speaks last is asked about first
		may, why, err := judge.judge(ctx, one.by, item)
		switch {
		case err != nil:
			return reading{err: err}
		case may:
			out.said = append(out.said, one)
		case !one.revokes:
			out.why = cmp.Or(out.why, why)
		}
	}
	slices.Reverse(out.said)
	out.partial = judge.partial
	unnamed := func(one statement) bool { return !one.revokes && !one.edited && len(one.sha) < len(item.SHA) }
	if pushes, tells := q.Repository.(forge.Pushes); tells && slices.ContainsFunc(out.said, unnamed) {
		if out.pushed, err = pushes.PushedAt(ctx, item); err != nil {
			return reading{err: err}
		}
	}
	return out
}

// statements are all that was said of an item, the oldest first, whoever said it.
func (p *Policy) statements(ctx context.Context, repository forge.Repository, item forge.Item) ([]statement, error) {
	var out []statement
	if comments, has := repository.(forge.Comments); has { // what takes back counts in any case
		found, err := comments.Comments(ctx, item.ID, word)
		if err != nil {
			return nil, err
		}
		for _, one := range found {
			for _, said := range commands(one) {
				said.how = v1.ByComment
				out = append(out, said)
			}
		}
	}
	if !slices.Contains(p.spec.By, v1.ByComment) {
		out = slices.DeleteFunc(out, func(one statement) bool { return !one.revokes })
	}
	if reviews, has := repository.(forge.Reviews); has && slices.Contains(p.spec.By, v1.ByReview) {
		found, err := reviews.Reviews(ctx, item)
		if err != nil {
			return nil, err
		}
		for _, one := range found {
			out = append(out, statement{how: v1.ByReview, id: one.ID, by: one.By, at: one.At, sha: one.SHA})
		}
	}
	if labels, has := repository.(forge.Labelled); has && slices.Contains(p.spec.By, v1.ByLabel) && item.HasLabel(p.spec.Label) {
		found, err := labels.Labelled(ctx, item, p.spec.Label)
		if err != nil {
			return nil, err
		}
		if found.ID != "" {
			out = append(out, statement{how: v1.ByLabel, id: found.ID, by: found.By, at: found.At})
		}
	}
	slices.SortStableFunc(out, byTime)
	return out, nil
}

// annotated is what an annotation of the provider says of an item: who may write it,
// Kubernetes decides.
//
//	6dcb09b5…                            approves of the commit
//	6dcb09b5… 2026-11-26T10:00:00Z       does so since then
//	revoked 2026-11-26T11:00:00Z         takes back all that was said until then
func annotated(q Question, item forge.Item) []statement {
	name := v1.ApproveAnnotationPrefix + item.ID
	words := strings.Fields(q.Annotations[name])
	if len(words) == 0 || len(words) > 2 {
		return nil
	}
	said := statement{how: v1.ByAnnotation, id: name, sha: words[0], revokes: words[0] == v1.ApproveRevoked}
	if len(words) == 2 {
		at, err := time.Parse(time.RFC3339, words[1])
		if err != nil {
			return nil
		}
		if said.at = at; at.After(q.Now()) {
			said.at = q.Now()
		}
	}
	switch {
	case said.revokes && said.at.IsZero(), !said.revokes && (!isCommit.MatchString(said.sha) || len(said.sha) != len(item.SHA)):
		return nil
	}
	return []statement{said}
}

package feedback

import (
	"context"
	"slices"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
)

// answers are how people are shown that they were heard who approved of a commit, or are
// not any more; nil for what the forge has not.
type answers struct {
	reactions forge.Reactions
	labels    forge.Unlabelled
	setters   forge.Labelled
}

func answersOf(repository forge.Repository) answers {
	var out answers
	out.reactions, _ = repository.(forge.Reactions)
	out.labels, _ = repository.(forge.Unlabelled)
	out.setters, _ = repository.(forge.Labelled)
	return out
}

// outlived is a label that approved of a commit which is not the head any more, by the
// event that set it.
type outlived struct{ label, event string }

// heed notes which comment has approved of the request last, and which label did so of
// a commit that it is not at any more. A label that approves of later commits, too, stays;
// and of the labels of other providers they take note themselves. A comment is answered
// once no provider waits for it: GitLab notes a thumb as it does an edit, by which whoever
// reads the comment later would not hear it.
func (r *request) heed(providers []v1.ResourceSetInputProvider) {
	var last v1.Approval
	for _, provider := range providers {
		for _, record := range provider.Status.Approvals {
			if record.ID == r.id && record.Revoked == nil && record.How == v1.ByComment && !record.At.Before(&last.At) {
				last = record
			}
		}
	}
	if !slices.ContainsFunc(providers, func(one v1.ResourceSetInputProvider) bool { return last.SHA != "" && r.waitsAt(one) == last.SHA }) {
		r.heard = last.Evidence
	}
	teller := providers[0]
	forks := teller.GetForks()
	waits := r.waitsAt(teller)
	if waits == "" || forks.Policy != v1.ForksApprove || forks.Scope != v1.ApproveCommit {
		return
	}
	for _, record := range teller.Status.Approvals {
		if record.ID == r.id && record.Revoked == nil && record.How == v1.ByLabel && record.SHA != waits {
			r.outlived = outlived{forks.Label, record.Evidence}
		}
	}
}

// waitsAt is the commit at which a provider has the request wait for approval; empty for
// none.
func (r *request) waitsAt(provider v1.ResourceSetInputProvider) string {
	for _, line := range provider.Status.Held {
		if line.ID == r.id && line.Reason == v1.HeldWaitingForApproval {
			return line.SHA
		}
	}
	return ""
}

// isUnanswered reports whether somebody has yet to be answered.
func (t *teller) isUnanswered(r *request, line v1.FeedbackStatus) bool {
	return t.isToReact(r, line) || t.isToUnlabel(r, line)
}

func (t *teller) isToReact(r *request, line v1.FeedbackStatus) bool {
	return t.answers.reactions != nil && r.heard != "" && !r.silent && r.heard != line.Reaction
}

func (t *teller) isToUnlabel(r *request, line v1.FeedbackStatus) bool {
	return t.answers.labels != nil && t.answers.setters != nil && r.outlived.event != "" && r.outlived.event != line.Unlabelled
}

// answer reacts to what approved of a commit, and takes away a label that did so of an
// earlier one. What the token may not do is not done, and not tried again.
func (t *teller) answer(ctx context.Context, r *request, line *v1.FeedbackStatus) error {
	if r.gone {
		return nil
	}
	if t.isToReact(r, *line) {
		if err := t.spend(source.Answer); err != nil {
			return err
		}
		if err := t.answers.reactions.React(ctx, r.id, r.heard); err != nil && !isMissing(err) {
			return err
		}
		line.Reaction = r.heard
	}
	if !t.isToUnlabel(r, *line) {
		return nil
	}
	set, err := t.answers.setters.Labelled(ctx, forge.Item{ID: r.id}, r.outlived.label)
	if err == nil && set.ID == r.outlived.event { // nobody has set it again since
		if err = t.spend(source.Answer); err == nil {
			err = t.answers.labels.Unlabel(ctx, r.id, r.outlived.label)
		}
	}
	if err != nil && !isMissing(err) {
		return err
	}
	line.Unlabelled = r.outlived.event
	return nil
}

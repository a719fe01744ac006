package watcher

import (
	"context"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/approval"
	"github.com/eddy-previews/eddy/internal/export"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
)

// approvals are what a run finds out of who has approved of what, and what is kept of it.
type approvals struct {
	policy  *approval.Policy
	records []v1.Approval
}

// approver returns what asks who has approved of commits; nil where nobody has to.
func (r *Reconciler) approver(provider *v1.ResourceSetInputProvider, asked source.Source, exported export.Inputs) (*approvals, func(context.Context, []source.Item) map[forge.Change]admit.Approval) {
	kept := &approvals{policy: approval.Compile(provider), records: provider.Status.Approvals}
	if kept.policy == nil {
		return kept, nil
	}
	question := approval.Question{
		Asking: r.asking(provider), URL: provider.Spec.URL, Annotations: provider.Annotations,
		Exported: map[string]string{}, Unlabelled: map[string]string{}, Records: kept.records,
	}
	for _, line := range provider.Status.Feedback {
		if line.Unlabelled != "" {
			question.Unlabelled[line.ID] = line.Unlabelled
		}
	}
	for key, in := range exported {
		question.Exported[key] = in.Text("sha")
	}
	question.Repository, question.Failed = asked.Repository()
	return kept, func(ctx context.Context, items []source.Item) map[forge.Change]admit.Approval {
		found := kept.policy.Ask(ctx, &r.Approvals, question, items)
		kept.records = found.Records
		return found.Approvals
	}
}

// expected adds to what is exported the requests that are approved of: their approval
// ends with them, and not with a listing that lacks them. One for an author lasts, and is
// no reason to ask for the request that it was given on, which is closed long since.
func (a *approvals) expected(exported map[string]bool) map[string]bool {
	for _, record := range a.records {
		if record.Revoked == nil && record.Author == "" {
			exported[record.ID] = true
		}
	}
	return exported
}

// of are the records that the status keeps while items are open. A policy that asks for
// no approval for a while lets nothing count again that was taken back before.
func (a *approvals) of(r *Reconciler, open []source.Item) []v1.Approval {
	return approval.Open(a.records, open, r.Now())
}

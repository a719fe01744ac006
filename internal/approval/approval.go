// Package approval finds out whether somebody who may has approved of a commit, before
// it runs: that of a request from a fork is a stranger's.
//
//	policy := approval.Compile(provider)                 // nil where none is asked for
//	found := policy.Ask(ctx, &looks, approval.Question{...}, items)
//	// {item 7 at 6dc1f0: {Message: "waits for approval of its commit: …"}}
//
// A person means a commit that they saw. So what they say counts for a commit where they
// name it, where the forge keeps it with their review, or where the forge's own clock
// says that it was there before they spoke. Commits have dates as well, which their
// author writes, and nobody reads here.
//
//	read      what was said of a request, by whom, who may, and when its head came
//	settle    what was taken back, or holds no more, as the request goes elsewhere
//	decide    for each commit: a record that covers it, or what was said that does
//
// It promises that a record is written with each commit that is let through, and that
// what cannot be found out lets nothing through, and takes nothing back.
package approval

import (
	"context"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/forge"
)

// Policy is what a provider wants of requests from forks.
type Policy struct{ spec v1.Forks }

// Compile reads spec.forks; nil where nothing has to be approved.
func Compile(provider *v1.ResourceSetInputProvider) *Policy {
	spec := provider.GetForks()
	if spec.Policy != v1.ForksApprove {
		return nil
	}
	return &Policy{spec}
}

// Question is who asks, and what is known already.
type Question struct {
	admit.Asking
	// URL of the repository, as the spec has it.
	URL string
	// Annotations of the provider.
	Annotations map[string]string
	// Exported are the commits that are exported, by the keys of their items.
	Exported map[string]string
	// Records are those of the provider's status.
	Records []v1.Approval
	// Unlabelled are the events of labels that were taken away, as the next commit was
	// pushed, by the requests that had them: nobody took them back.
	Unlabelled map[string]string
	// Repository is what is asked; Failed is why it could not be opened.
	Repository forge.Repository
	Failed     error
}

// Found is what became of a question.
type Found struct {
	// Approvals has an answer for each item.
	Approvals map[forge.Change]admit.Approval
	// Records are what the status keeps.
	Records []v1.Approval
}

// Ask says of each item whether its commit is approved.
func (p *Policy) Ask(ctx context.Context, looks *Looks, q Question, items []forge.Item) Found {
	book := newLedger(p.spec, q)
	book.absent = looks.of(q).absent
	readings := p.readAll(ctx, looks, q, items)
	for n, item := range items {
		book.settle(item, readings[n])
	}
	out := Found{Approvals: make(map[forge.Change]admit.Approval, len(items))}
	for n, item := range items {
		out.Approvals[item.Change()] = book.decide(item, readings[n])
	}
	book.tidy()
	out.Records = book.records
	return out
}

package admit

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
)

// The keys under which an approval is exported with a commit.
const (
	ApprovedByKey  = "approvedBy"
	ApprovedSHAKey = "approvedSHA"
)

// Approval says whether somebody who may has approved of a commit.
type Approval struct {
	// Message says what it waits for; empty where it is approved.
	Message string
	// Revoked says that what is exported was approved, and is so no more.
	Revoked bool
	// Given is what is exported of it.
	Given v1.ResourceSetInput
}

// Approver is what finds out who has approved of commits. An Asked that is none
// knows of no approvals, and takes all to be given.
type Approver interface {
	// Approve says of all items whether somebody has approved of their commits; it has
	// an answer for each.
	Approve(ctx context.Context, items []source.Item) map[forge.Change]Approval
}

// guests are the rules of spec.forks.
type guests struct {
	spec v1.Forks
	// isFree says that no label keeps an item from being an input.
	isFree func(source.Item) bool
}

// guestsOf reads spec.forks.
func guestsOf(provider *v1.ResourceSetInputProvider, kind source.Type, skip skip) (guests, error) {
	spec := provider.GetForks()
	out := guests{spec: spec, isFree: func(item source.Item) bool {
		return skip.required(item, Known{}) == nil && skip.paused(item, Known{}) == nil
	}}
	switch {
	case provider.Spec.Forks == nil || spec.Policy == v1.ForksInclude:
		return out, nil
	case kind.Watches != source.Request:
		return out, fmt.Errorf("spec.forks: a provider of type %s watches no requests: remove it", provider.Spec.Type)
	case !kind.Tells.Forks && spec.AppliesTo != v1.AppliesToEverybody:
		return out, fmt.Errorf("spec.forks: a provider of type %s cannot tell what is from a fork: set spec.forks.appliesTo to Everybody, or remove it", provider.Spec.Type)
	case slices.Contains(spec.By, v1.ByLabel) && !kind.Tells.Labels:
		return out, fmt.Errorf("spec.forks.by: a provider of type %s cannot tell who set a label, and when: remove Label", provider.Spec.Type)
	}
	return out, nil
}

// excluded wants nothing from a fork where those are excluded.
func (g guests) excluded(item source.Item, _ Known) *Verdict {
	if !item.Fork || g.spec.Policy != v1.ForksExclude {
		return nil
	}
	return (&Verdict{Decision: Refuse, Reason: Filtered, Message: "a request from a fork does not pass spec.forks.policy"}).by("spec.forks.policy")
}

// need reports whether an item needs an approval.
func (g guests) need(item source.Item) bool {
	isTrusted := slices.ContainsFunc(g.spec.TrustedAuthors, func(name string) bool { return forge.IsCalled(name, item.WrittenBy(), item.AuthorID) })
	return g.spec.Policy == v1.ForksApprove && (item.Fork || g.spec.AppliesTo == v1.AppliesToEverybody) && !isTrusted
}

// newcomer lets nobody take a place of others who waits for an approval: strangers
// may open as many requests as they like.
func (g guests) newcomer(item source.Item, known Known) *Verdict {
	if known.Exported[item.Key()] || known.Approvals[item.Change()].Message == "" {
		return nil
	}
	return g.approved(item, known)
}

// revoked takes away what is exported and was approved once, where that is asked for.
func (g guests) revoked(item source.Item, known Known) *Verdict {
	if g.spec.WhenRevoked != v1.WhenMissingRemove || !g.need(item) || !known.Approvals[item.Change()].Revoked {
		return nil
	}
	return hold(WaitingForApproval, "%s", known.Approvals[item.Change()].Message).by("spec.forks")
}

// approved waits for an approval of the commit. What nobody knows of is not approved.
func (g guests) approved(item source.Item, known Known) *Verdict {
	if known.Approvals == nil || !g.need(item) {
		return nil
	}
	approval, asked := known.Approvals[item.Change()]
	switch {
	case !asked:
		return hold(WaitingForApproval, "waits for approval of its commit").by("spec.forks").keeping(item, known)
	case approval.Message == "":
		return nil
	}
	return hold(WaitingForApproval, "%s", approval.Message).by("spec.forks").keeping(item, known)
}

// approve asks who has approved of the commits of those that need it. Whom a label
// keeps back nobody is asked about, unless it runs: then an approval may be taken back.
func (c *Chain) approve(ctx context.Context, asked Asked, wanted []source.Item, known Known) map[forge.Change]Approval {
	approver, is := asked.(Approver)
	if !is || c.guests.spec.Policy != v1.ForksApprove {
		return nil
	}
	var items []source.Item
	for _, item := range wanted {
		if c.guests.need(item) && item.IsComplete() && item.Refused == nil && (c.guests.isFree(item) || known.Exported[item.Key()]) {
			items = append(items, item)
		}
	}
	out := map[forge.Change]Approval{}
	if len(items) > 0 {
		out = approver.Approve(ctx, items)
	}
	return out
}

// given adds to what is exported how it was approved.
func given(verdicts []Verdict, known Known) []Verdict {
	for n, verdict := range verdicts {
		approval := known.Approvals[verdict.Item.Change()]
		if verdict.Decision != Export || len(approval.Given) == 0 {
			continue
		}
		verdicts[n].Proved = v1.ResourceSetInput{}
		maps.Copy(verdicts[n].Proved, verdict.Proved)
		maps.Copy(verdicts[n].Proved, approval.Given)
	}
	return verdicts
}

// Given is how an approval is exported.
func Given(by, sha string) v1.ResourceSetInput {
	out := v1.ResourceSetInput{}
	for key, text := range map[string]string{ApprovedByKey: by, ApprovedSHAKey: sha} {
		raw, _ := json.Marshal(text) // it is a text
		out[key] = &apiextensionsv1.JSON{Raw: raw}
	}
	return out
}

// AssumeApproved takes the approval that an item of a provider may need to be given;
// nothing where none does.
func AssumeApproved(provider *v1.ResourceSetInputProvider, item source.Item) v1.ResourceSetInput {
	if provider.GetForks().Policy != v1.ForksApprove {
		return nil
	}
	return Given("somebody", item.SHA)
}

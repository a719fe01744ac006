package azuredevops

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// pullRequest is what is needed of a pull request.
type pullRequest struct {
	ID            int       `json:"pullRequestId"`
	Status        string    `json:"status"`
	Title         string    `json:"title"`
	SourceRefName string    `json:"sourceRefName"`
	TargetRefName string    `json:"targetRefName"`
	IsDraft       bool      `json:"isDraft"`
	CreatedBy     identity  `json:"createdBy"`
	Created       time.Time `json:"creationDate"`
	// SourceCommit is missing until the server has tried the merge.
	SourceCommit struct {
		ID string `json:"commitId"`
	} `json:"lastMergeSourceCommit"`
	ForkSource *struct {
		Repository struct {
			ID string `json:"id"`
		} `json:"repository"`
	} `json:"forkSource"`
	Labels []label `json:"labels"`
}

type label struct {
	Name   string `json:"name"`
	Active *bool  `json:"active"`
}

// Requests implements forge.Repository.
func (a *Repository) Requests() *forge.Collection {
	return &forge.Collection{
		One: "pull request", Many: "active pull requests", Of: a.place,
		Page: a.requestsPage, Find: a.request, Visible: a.visible,
	}
}

// requestsPage reads a page. The server does not say how many there are: a full
// page may be followed by another one.
func (a *Repository) requestsPage(ctx context.Context, _ forge.Query, at string) (forge.Page, error) {
	number := transport.Numbered(at)
	query := url.Values{
		"searchCriteria.status": {"active"},
		"$top":                  {strconv.Itoa(transport.PageSize)},
		"$skip":                 {strconv.Itoa((number - 1) * transport.PageSize)},
	}
	var answer list[pullRequest]
	if _, err := a.get(ctx, "/pullrequests", query, &answer); err != nil {
		return forge.Page{}, err
	}
	items, err := answer.items(func(r pullRequest) (forge.Item, error) { return a.item(r, r.Labels) })
	out := forge.Page{Items: items}
	if len(items) >= transport.PageSize {
		out.Next = transport.Cursor(number + 1)
	}
	return out, err
}

// request looks one up. The answer for a single request has no labels, so they
// are asked for apart.
func (a *Repository) request(ctx context.Context, key string) (forge.Item, error) {
	if _, err := forge.Number(key); err != nil {
		return forge.Item{}, err
	}
	var request pullRequest
	if _, err := a.get(ctx, "/pullrequests/"+key, nil, &request); err != nil {
		return forge.Item{}, err
	}
	var labels list[label]
	if _, err := a.get(ctx, "/pullrequests/"+key+"/labels", nil, &labels); err != nil {
		return forge.Item{}, forge.InPart("its labels", err)
	}
	if labels.Value == nil {
		return forge.Item{}, transport.ErrNotAList
	}
	return a.item(request, labels.Value)
}

func (a *Repository) item(r pullRequest, labels []label) (forge.Item, error) {
	item := forge.Item{
		ID: strconv.Itoa(r.ID), SHA: r.SourceCommit.ID, Title: r.Title, Author: r.CreatedBy.DisplayName,
		Branch:       strings.TrimPrefix(r.SourceRefName, "refs/heads/"),
		TargetBranch: strings.TrimPrefix(r.TargetRefName, "refs/heads/"),
		URL:          fmt.Sprintf("%s/pullrequest/%d", a.place, r.ID),
		Fork:         r.ForkSource != nil, Draft: r.IsDraft,
	}
	if r.ForkSource != nil {
		item.Source = r.ForkSource.Repository.ID
	}
	for _, label := range labels {
		if label.Active == nil || *label.Active {
			item.Labels = append(item.Labels, label.Name)
		}
	}
	item.Login, item.AuthorID = cmp.Or(r.CreatedBy.UniqueName, forge.Unnamed), r.CreatedBy.ID
	var err error
	item.Closed, err = forge.IsOver(r.Status, []string{"active"}, []string{"abandoned", "completed"})
	return item, err
}

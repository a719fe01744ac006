package forge

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// What a review may come to.
const (
	Approves = "approves"
	Refuses  = "refuses"
	Looks    = "looks"
)

// Review is what somebody came to who looked at a commit of a request.
type Review struct {
	ID, Request          int
	Author, SHA, Verdict string
	At                   time.Time
	Dismissed            bool
}

// happening is something that has happened to a request: a push, or that a label was
// set or taken away.
type happening struct {
	id, request                  int
	kind, by, label, sha, branch string
	at                           time.Time
}

// The kinds of what happens.
const (
	pushed    = "pushed"
	labelled  = "labelled"
	unlabeled = "unlabelled"
)

// maintainer sets labels unless a test says who does.
const maintainer = "maintainer"

// at is the time of what happens next: that of the clock, or each a second after the
// one before.
func (f *Forge) at() time.Time {
	if f.told.clock != nil {
		return f.told.clock().UTC()
	}
	return time.Date(2026, 1, 2, 3, 4, 5+len(f.told.happened)+len(f.told.comments)+len(f.told.reviews), 0, time.UTC)
}

// happens notes what changed about a request.
func (f *Forge) happens(before, after Request, by string) {
	note := func(kind, label, sha string) {
		f.told.happened = append(f.told.happened, happening{
			id: f.give(), request: after.Number, kind: kind, by: by, label: label, sha: sha, branch: after.Branch, at: f.at(),
		})
	}
	if before.SHA != after.SHA {
		note(pushed, "", after.SHA)
	}
	for _, label := range after.Labels {
		if !slices.Contains(before.Labels, label) {
			note(labelled, label, "")
		}
	}
	for _, label := range before.Labels {
		if !slices.Contains(after.Labels, label) {
			note(unlabeled, label, "")
		}
	}
}

// LabelAs adds a label to a request as somebody.
func (f *Forge) LabelAs(number int, author, label string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	request := f.requests[number-1]
	before := *request
	request.Labels = append(slices.Clone(request.Labels), label)
	f.happens(before, *request, author)
}

// Review lets somebody look at the commit that a request is at, and returns the id.
func (f *Forge) Review(number int, author, verdict string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	one := &Review{ID: f.give(), Request: number, Author: author, SHA: f.requests[number-1].SHA, Verdict: verdict, At: f.at()}
	f.told.reviews = append(f.told.reviews, one)
	return one.ID
}

// Dismiss takes a review back.
func (f *Forge) Dismiss(id int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.told.reviews {
		one.Dismissed = one.Dismissed || one.ID == id
	}
}

// Permit gives somebody a permission: read, write, maintain or admin. Whoever has none
// is nobody.
func (f *Forge) Permit(author, permission string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.told.permits == nil {
		f.told.permits = map[string]string{}
	}
	f.told.permits[author] = permission
}

// Join puts somebody into the team maintainers of acme.
func (f *Forge) Join(author string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told.team = append(f.told.team, author)
}

// Edit gives a comment another text, as people do.
func (f *Forge) Edit(id int, text string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.told.comments {
		if one.ID == id {
			one.Text = text
			one.Edits++
		}
	}
}

// changed is when a comment was changed last.
func (c Comment) changed() time.Time { return c.At.Add(time.Duration(c.Edits) * time.Minute) }

// aMoment passes between the two times that some forges write down of a comment as it is
// said.
const aMoment = 1400 * time.Microsecond

// isBot reports whether an author is no human.
func isBot(author string) bool { return strings.HasSuffix(author, "[bot]") }

// reviewsOf are the reviews of a request, the oldest first.
func (f *Forge) reviewsOf(number int) []Review {
	var out []Review
	for _, one := range f.told.reviews {
		if one.Request == number {
			out = append(out, *one)
		}
	}
	return out
}

// standing reports whether somebody's newest review of a request approves.
func (f *Forge) standing(number int, author string) bool {
	stands := false
	for _, one := range f.reviewsOf(number) {
		if one.Author == author && one.Verdict != Looks {
			stands = one.Verdict == Approves && !one.Dismissed
		}
	}
	return stands
}

// happenedTo is what has happened to a request, of some kinds.
func (f *Forge) happenedTo(number int, kinds ...string) []happening {
	return slices.DeleteFunc(slices.Clone(f.told.happened), func(one happening) bool {
		return one.request != number || !slices.Contains(kinds, one.kind)
	})
}

// pushesTo are the pushes to a branch of somebody's fork, the newest first.
func (f *Forge) pushesTo(owner, branch string) []happening {
	var out []happening
	for _, one := range f.told.happened {
		request := f.requests[one.request-1]
		if one.kind == pushed && ownerOf(*request) == owner && (branch == "" || one.branch == branch) {
			out = append(out, one)
		}
	}
	slices.Reverse(out)
	return out
}

// listing answers pages of what an endpoint of a request lists.
func listing(list func(f *Forge, number int) []any) func(*Forge, telling) (int, any) {
	return on(func(f *Forge, t telling, number int) (int, any) {
		all := list(f, number)
		if all == nil {
			all = []any{}
		}
		return http.StatusOK, f.paged(t.w, t.r, all)
	})
}

// root is what stands before the paths of the API that are not the repository's.
func (f *Forge) root() string {
	for _, part := range []string{"/repos/", "/projects/", "/repositories/"} {
		if at := strings.Index(f.dialect.api, part); at >= 0 {
			return f.dialect.api[:at]
		}
	}
	return f.dialect.api
}

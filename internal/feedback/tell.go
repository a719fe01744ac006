package feedback

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/feedback/card"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

// paused says that the forge is to be left alone for a while.
type paused struct{ wait time.Duration }

// Error says for how long.
func (p *paused) Error() string { return "it was told as much as it takes; next in " + p.wait.String() }

// failure is what could not be told, and why.
type failure struct {
	told source.Told
	err  error
}

// Error says what happened.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap returns why.
func (f *failure) Unwrap() error { return f.err }

// teller tells one repository, as somebody.
type teller struct {
	// comments, statuses and deployments are what it can be told, and is to be; nil
	// else.
	comments    forge.Comments
	statuses    forge.Statuses
	deployments forge.Deployments
	dashboards  forge.Dashboards
	// environments names those of deployments, whether it is told of them or not.
	environments forge.Deployments
	// agent is what connects the cluster with the forge, and workloads where previews
	// run, by their full names.
	agent     int64
	workloads map[string]forge.Workload
	answers   answers
	// when lists the classes that cause something to be told.
	when        []string
	environment string
	retention   forge.Retention
	// near says that commits of forks have no status.
	near bool
	// standing is how many previews have a deployment.
	standing int
	// marker is that of the comment on a request.
	marker func(request string) string
	// text writes the comment: that of package card unless a template does.
	text func(card.Card) (string, error)
	// missed is how many requests were not found.
	missed int
	// spend takes what one more costs, or is an error.
	spend func(source.Told) error
}

// tell brings a request up to date with its previews in one respect.
func (t *teller) tell(ctx context.Context, told source.Told, one *pending) error {
	switch told {
	case source.Comment:
		if err := t.comment(ctx, one.request, &one.line); err != nil {
			return err
		}
		return t.notice(ctx, one.request, &one.line)
	case source.Status:
		return t.status(ctx, one.request, &one.line)
	case source.Deployment:
		return t.deploy(ctx, one.request, &one.line)
	case source.Dashboard:
		return t.dashboard(ctx, one.request, &one.line)
	case source.Answer:
		return t.answer(ctx, one.request, &one.line)
	}
	return nil
}

// wants reports whether a class causes something to be told.
func (t *teller) wants(class card.Class) bool { return slices.Contains(t.when, string(class)) }

// cardOf is what is to be said of a request, and a digest of it.
func (t *teller) cardOf(r *request) (c card.Card, text, digest string, err error) {
	c = card.Card{Marker: t.marker(r.id), Rows: r.rows, Markdown: t.comments.Markdown()}
	text, err = t.text(c)
	return c, text, digestOf(text), err
}

// digestOf tells texts apart.
func digestOf(parts ...string) string {
	const enough = 12
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	return fmt.Sprintf("%x", sum[:enough])
}

// comment keeps the one comment on a request true. To write one cannot be repeated, so
// that it is looked for first; it is found wherever it stands. None is written where a
// label says so; one that is there is kept true all the same.
func (t *teller) comment(ctx context.Context, r *request, line *v1.FeedbackStatus) error {
	if t.comments == nil || r.silent && line.Comment == "" {
		return nil
	}
	c, text, digest, err := t.cardOf(r)
	if err != nil || line.Digest == digest || !t.wants(c.Class()) || c.Class() == card.Removed && line.Comment == "" {
		return err
	}
	if line.Comment != "" {
		err := t.recomment(ctx, r.id, forge.Comment{ID: line.Comment, Text: text})
		if !errors.Is(err, transport.ErrNotFound) {
			return done(err, func() { line.Digest = digest })
		}
		line.Comment, line.Digest = "", ""
	}
	if r.silent {
		return nil
	}
	if found, err := t.find(ctx, r.id, forge.Comment{Text: text}, c); found != "" || err != nil {
		line.Comment = found
		return done(err, func() { line.Digest = digest })
	}
	if c.Class() == card.Removed {
		return nil // a person has deleted it, and there is nothing to say
	}
	if err := t.spend(source.Comment); err != nil {
		return err
	}
	id, err := t.comments.Comment(ctx, r.id, text)
	return done(err, func() { line.Comment, line.Digest = id, digest })
}

// find looks for the comment on a request where its id is not known, and lets it say what
// it is to say. Of several, as two may have written one at the same time, the oldest stays.
func (t *teller) find(ctx context.Context, request string, is forge.Comment, c card.Card) (id string, err error) {
	found, err := t.comments.Comments(ctx, request, c.Markdown.Hidden(c.Marker))
	if err != nil {
		return "", err
	}
	for n, one := range found {
		if !begins(one, c.Markdown.Hidden(c.Marker)) {
			continue
		}
		if one.Text != is.Text {
			err = t.recomment(ctx, request, forge.Comment{ID: one.ID, Text: is.Text})
		}
		if errors.Is(err, transport.ErrNotFound) || errors.Is(err, transport.ErrForbidden) { // it is somebody else's
			err = nil
			continue
		}
		if err != nil {
			return one.ID, err
		}
		return one.ID, t.clear(ctx, request, slices.DeleteFunc(found[n+1:], func(other forge.Comment) bool {
			return other.By != one.By || !begins(other, c.Markdown.Hidden(c.Marker))
		}))
	}
	return "", nil
}

func (t *teller) recomment(ctx context.Context, request string, comment forge.Comment) error {
	if err := t.spend(source.Comment); err != nil {
		return err
	}
	return t.comments.Recomment(ctx, request, comment)
}

// done notes what was told, if it was.
func done(err error, note func()) error {
	if err == nil {
		note()
	}
	return err
}

// status sets that of the commit that the request is at, for each of its previews that
// has a name.
func (t *teller) status(ctx context.Context, r *request, line *v1.FeedbackStatus) error {
	if t.statuses == nil || t.near && r.fork {
		return nil
	}
	for _, row := range r.rows {
		if row.Unnamed {
			continue // nobody would say how it ends
		}
		mark := markOf(line, row.Called())
		status := forge.Status{
			Request: r.id, Page: r.page, SHA: cmp.Or(row.Wanted(), mark.SHA), Fork: r.fork, Name: contextOf(row),
			State: row.Fares(), Description: row.Description(), URL: row.Answers(),
		}
		digest := digestOf(status.SHA, string(status.State), status.Description, status.URL)
		if status.SHA == "" || mark.Status == digest || !t.wants(classOf(row)) || status.State == forge.Over && mark.Status == "" {
			continue
		}
		if err := t.spend(source.Status); err != nil {
			return err
		}
		if err := t.statuses.SetStatus(ctx, status); err != nil && !isClosedTo(err) { // it is told once, and again with the next push
			return err
		}
		mark.SHA, mark.Status = status.SHA, digest
	}
	return nil
}

// contextOf is what tells the status of a preview from others of the commit.
func contextOf(row card.Row) string { return "preview/" + row.Called() }

func classOf(row card.Row) card.Class { return card.Card{Rows: []card.Row{row}}.Class() }

// deploy tells of what is deployed, and what became of it. Of the commit that was
// deployed before, it is told that it is not there any more.
func (t *teller) deploy(ctx context.Context, r *request, line *v1.FeedbackStatus) error {
	if t.deployments == nil {
		return nil
	}
	for _, row := range r.rows {
		if err := t.deployed(ctx, r, row, markOf(line, row.Called())); err != nil {
			return err
		}
	}
	return nil
}

func (t *teller) deployed(ctx context.Context, r *request, row card.Row, mark *v1.FeedbackPreview) error {
	class := classOf(row)
	over := class == card.Removed
	if !t.wants(class) || !over && (!row.HasPreview() || row.Commit == "") || over && mark.Deployment == "" {
		return nil
	}
	is := t.deploymentOf(r, row, mark)
	if row.State() == "Ready" { // whatever is pushed next
		is.State = forge.Success
	}
	if mark.DeployedSHA != is.SHA {
		if err := t.begin(ctx, is, mark); err != nil {
			return err
		}
	}
	if mark.Deployed == string(is.State) || mark.Deployment == "" {
		return nil
	}
	if !over || !t.isShared() {
		if err := t.became(ctx, mark.Deployment, is); err != nil {
			return err
		}
	}
	mark.Deployed = string(is.State)
	if over {
		t.standing--
		mark.Deployment, mark.DeployedSHA, mark.Deployed, mark.Dashboard = "", "", "", ""
	}
	return nil
}

// isShared reports whether others are deployed to the one environment that all have, where
// that is over as a whole.
func (t *teller) isShared() bool {
	return t.environment != "" && !t.deployments.Replaces() && t.standing > 1
}

// begin tells of a deployment, which is pending by that.
func (t *teller) begin(ctx context.Context, is forge.Deployment, mark *v1.FeedbackPreview) error {
	if err := t.spend(source.Deployment); err != nil {
		return err
	}
	id, err := t.deployments.Deploy(ctx, is)
	if err != nil && !isClosedTo(err) { // then it is told again with the next push
		return err
	}
	before := *mark
	if before.Deployment == "" {
		t.standing++
	}
	mark.Deployment, mark.DeployedSHA, mark.Deployed = id, is.SHA, string(forge.Pending)
	if before.Deployment == "" || before.Deployment == id || !t.deployments.Replaces() {
		return nil
	}
	is.State, is.SHA, is.Description, is.URL = forge.Over, before.DeployedSHA, "Replaced by a newer commit", ""
	return t.became(ctx, before.Deployment, is)
}

func (t *teller) became(ctx context.Context, id string, is forge.Deployment) error {
	if err := t.spend(source.Deployment); err != nil {
		return err
	}
	return t.deployments.Deployed(ctx, id, is)
}

// markOf is what was told of a preview.
func markOf(line *v1.FeedbackStatus, name string) *v1.FeedbackPreview {
	at := slices.IndexFunc(line.Previews, func(one v1.FeedbackPreview) bool { return one.Name == name })
	if at < 0 {
		line.Previews = append(line.Previews, v1.FeedbackPreview{Name: name})
		at = len(line.Previews) - 1
	}
	return &line.Previews[at]
}

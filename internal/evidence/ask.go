package evidence

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/registry"
	"github.com/eddy-previews/eddy/internal/transport"
)

// atOnce is how many images are looked up at the same time.
const atOnce = 8

// Question is who asks, and what is known already.
type Question struct {
	admit.Asking
	// Before is what was exported of each item, by its key, and Held what was held.
	Before map[string]v1.ResourceSetInput
	Held   []v1.HeldRequest
	// Open opens the repository of an image, whose place in the spec is given.
	Open func(ctx context.Context, image v1.GateImage, field string) (*registry.Repository, error)
	// Checks asks the forge, as forge.Checks.
	Checks func(ctx context.Context, item forge.Item, wanted forge.Names) ([]forge.Check, error)
}

// Ask returns the evidence for the commit of each item. What cannot be told is
// evidence that is not there: an error holds nobody up but those whose it is.
func (g *Gate) Ask(ctx context.Context, looks *Looks, q Question, items []forge.Item) map[forge.Change]admit.Evidence {
	out := make(map[forge.Change]admit.Evidence, len(items))
	var due []forge.Item
	known := looks.of(q)
	for _, item := range items {
		if proved := g.stored(ctx, item, q.Before[item.Key()]); proved != nil {
			out[item.Change()] = admit.Evidence{Proved: proved}
		} else {
			due = append(due, item)
		}
	}
	asked := g.lookAll(ctx, known, q, due)
	for n, item := range due {
		out[item.Change()] = asked[n]
	}
	looks.keep(q, known, due)
	return out
}

// lookAll looks at each item whose turn it is.
func (g *Gate) lookAll(ctx context.Context, known *provider, q Question, items []forge.Item) []admit.Evidence {
	waitFor := g.spec.GetWaitFor()
	out := make([]admit.Evidence, len(items))
	round := newRound(ctx, known.patience)
	defer round.end()
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for _, n := range known.order(items, q, waitFor) {
		item := items[n]
		look := known.look(item, q, waitFor)
		if look.isDue(q) && !known.hosts.mayAsk(g.hosts(), q) {
			look.postpone(q)
		}
		if !look.isDue(q) {
			out[n] = look.last
			continue
		}
		opened := round.open(g, q)
		group.Go(func() error {
			out[n] = look.took(round.judge(g.lookSafely(round.ctx, q, opened, look.asked(item))), q, waitFor)
			return nil
		})
	}
	_ = group.Wait() // what goes wrong is evidence that is not there
	return out
}

// opening is a repository, or why it is not open.
type opening struct {
	repository *registry.Repository
	err        error
}

// asking is a commit that is looked at; again says that it was before.
type asking struct {
	forge.Item
	again bool
}

// finding is what a look came to.
type finding struct {
	admit.Evidence
	// cut says that there was no time to find anything.
	cut bool
	// until is when the registry may be asked again, where it said so; refused says
	// that it does not let us.
	until   time.Time
	refused bool
}

// lookSafely looks, and cannot tell where what was answered cannot be read at all.
func (g *Gate) lookSafely(ctx context.Context, q Question, opened []opening, item asking) finding {
	found, err := transport.Recovered(func() (finding, error) { return g.look(ctx, q, opened, item), nil })
	if err != nil {
		return unknown("waits, as it cannot be told whether its evidence is there: "+err.Error(), err)
	}
	return found
}

// look asks for the checks of a commit, and then for its images, which come to nothing
// where CI has failed, one by one: the first that is not there is enough to wait for.
func (g *Gate) look(ctx context.Context, q Question, opened []opening, item asking) finding {
	checks, lacks := g.lookAtChecks(ctx, q, item.Item)
	if lacks.Reason != "" {
		return lacks
	}
	images, lacks := g.lookAtImages(ctx, opened, item)
	if lacks.Reason != "" {
		return lacks
	}
	proved, err := proofs{images, checks}.exported(item.SHA)
	if err != nil {
		return unknown("waits, as its evidence cannot be written: "+err.Error(), nil)
	}
	return finding{Evidence: admit.Evidence{Proved: proved}}
}

// lookAtImages asks for the images of a commit.
func (g *Gate) lookAtImages(ctx context.Context, opened []opening, item asking) (map[string]proof, finding) {
	proved := map[string]proof{}
	for i, each := range g.images {
		tag, err := each.tagOf(ctx, item.Item)
		if err != nil {
			return nil, unknown(fmt.Sprintf("waits, as the tag of its image cannot be made: %s.tag: %s", each.field, err), nil)
		}
		if opened[i].err != nil {
			return nil, unknown(fmt.Sprintf("waits, as it cannot be told whether the image %s:%s is there: %s: %s", each.Repository, tag, each.field, opened[i].err), opened[i].err)
		}
		image, err := opened[i].repository.Image(ctx, tag, each.wanted(item.again))
		name := each.Repository + ":" + tag
		switch lacks := each.lacks(image, item.SHA); {
		case errors.Is(err, registry.ErrNoTag):
			return nil, missing("waits for the image " + name)
		case err != nil:
			return nil, unknown(fmt.Sprintf("waits, as it cannot be told whether the image %s is there: %s", name, err), err)
		case lacks != "":
			return nil, missing("waits for the image " + name + lacks)
		}
		proved[each.Name] = each.proof(tag, image.Digest)
	}
	return proved, finding{}
}

// lacks says what an image that is there lacks; "" for nothing.
func (i image) lacks(found registry.Image, sha string) string {
	if len(found.Lacking) > 0 {
		return fmt.Sprintf(" for %s: it is there for %s", strings.Join(found.Lacking, " and "), anyOf(found.Has))
	}
	if i.Revision != v1.RevisionLabel {
		return ""
	}
	if len(found.Revisions) == 0 {
		return ": it holds no image"
	}
	at := slices.IndexFunc(found.Revisions, func(revision string) bool { return !strings.EqualFold(revision, sha) })
	switch {
	case at < 0:
		return ""
	case found.Revisions[at] == "":
		return " built of " + sha + ": the one that is there has no label " + registry.RevisionLabel
	default:
		return fmt.Sprintf(" built of %s: the one that is there says revision %.64s (in a workflow for pull_request github.sha is the merge commit: use github.event.pull_request.head.sha)",
			sha, found.Revisions[at])
	}
}

func anyOf(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	return strings.Join(list, ", ")
}

// missing is what is not there yet.
func missing(message string) finding {
	return finding{Evidence: admit.Evidence{Reason: admit.WaitingForImage, Message: message}}
}

// unknown is what cannot be told now.
func unknown(message string, err error) finding {
	out := finding{Evidence: admit.Evidence{Reason: admit.EvidenceUnavailable, Message: message}}
	var limited *transport.RateLimited
	if errors.As(err, &limited) {
		out.until = limited.Until
	}
	out.refused = errors.Is(err, transport.ErrForbidden) || errors.Is(err, transport.ErrUnauthorized)
	return out
}

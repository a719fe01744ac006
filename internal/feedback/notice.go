package feedback

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/feedback/card"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

// fall is a preview that was ready and has failed.
type fall struct {
	row  card.Row
	mark *v1.FeedbackPreview
	// id is the same for as long as the preview is not ready again, whoever asks.
	id string
}

// notice notifies people of previews that were ready and have failed: by a comment of
// its own, as no forge tells of one that is edited. Each fall is in one notice, which is
// found again by it before it is written, and only the newest stays.
func (t *teller) notice(ctx context.Context, r *request, line *v1.FeedbackStatus) error {
	if t.comments == nil || !t.notifies() {
		return nil
	}
	fell := t.fallen(r, line)
	if len(fell) == 0 {
		return nil
	}
	if !r.silent {
		if err := t.notify(ctx, r, fell); err != nil {
			return err
		}
	}
	for _, one := range fell {
		one.mark.ReadySince = ""
	}
	return nil
}

// watch notes since when those previews are ready that are, whether anything is to be told
// of them now or not: that they were is known after a restart, too, and whatever is
// deployed in between.
func (t *teller) watch(r *request, line *v1.FeedbackStatus) {
	if !t.notifies() {
		return
	}
	for _, row := range r.rows {
		mark := markOf(line, row.Called())
		switch class := classOf(row); {
		case !row.HasPreview() || class == card.Removed: // what comes back is another one
			mark.ReadySince = ""
		case class == card.Ready:
			mark.ReadySince = sinceOf(row)
		}
	}
}

func (t *teller) notifies() bool { return slices.Contains(t.when, v1.FeedbackNotifyFailure) }

// fallen are the previews that have failed since they were ready.
func (t *teller) fallen(r *request, line *v1.FeedbackStatus) []fall {
	for _, row := range r.rows { // so that no mark moves while others are noted
		markOf(line, row.Called())
	}
	var out []fall
	for _, row := range r.rows {
		if mark := markOf(line, row.Called()); row.HasPreview() && classOf(row) == card.Failed && mark.ReadySince != "" {
			out = append(out, fall{row, mark, digestOf(t.marker(r.id), row.FullName(), mark.ReadySince)})
		}
	}
	return out
}

// sinceOf is what tells one time at which a preview is ready from the next.
func sinceOf(row card.Row) string {
	if row.Since.IsZero() {
		return "at " + row.Commit
	}
	return row.Since.UTC().Format(time.RFC3339)
}

// notify writes what is not written yet, and takes away what was written before.
func (t *teller) notify(ctx context.Context, r *request, fell []fall) error {
	markdown := t.comments.Markdown()
	marker := "eddy:notice " + strings.TrimPrefix(t.marker(r.id), "eddy:v1 ")
	found, err := t.comments.Comments(ctx, r.id, markdown.Hidden(marker))
	if err != nil {
		return err
	}
	found = slices.DeleteFunc(found, func(one forge.Comment) bool { return !begins(one, markdown.Hidden(marker)) })
	notice := card.Notice{Markers: []string{marker}, Markdown: markdown}
	newest := ""
	for _, one := range fell {
		at := slices.IndexFunc(found, func(known forge.Comment) bool { return strings.Contains(known.Text, one.id) })
		if at >= 0 { // it was written, and nobody was there any more to note that
			newest = found[at].ID
			continue
		}
		notice.Rows, notice.Markers = append(notice.Rows, one.row), append(notice.Markers, "eddy:fall "+one.id)
	}
	if len(notice.Rows) > 0 {
		if err := t.spend(source.Comment); err != nil {
			return err
		}
		if newest, err = t.comments.Comment(ctx, r.id, notice.Text()); err != nil {
			return err
		}
	}
	return t.clear(ctx, r.id, slices.DeleteFunc(found, func(one forge.Comment) bool { return one.ID == newest }))
}

// clear takes comments of ours away in whose place another stands. What a forge keeps stays, such as
// one that somebody has answered; what there was no time for is found the next time.
func (t *teller) clear(ctx context.Context, request string, old []forge.Comment) error {
	for _, one := range old {
		if err := t.spend(source.Comment); err != nil {
			return nil //nolint:nilerr // the other one is written, and that is what matters
		}
		err := t.comments.Uncomment(ctx, request, one.ID)
		var limited *transport.RateLimited
		if errors.As(err, &limited) || ctx.Err() != nil {
			return nil //nolint:nilerr // as above
		}
	}
	return nil
}

// begins reports whether a comment begins with a text. One that quotes another has it
// elsewhere, and is somebody's own.
func begins(one forge.Comment, text string) bool {
	return strings.HasPrefix(strings.TrimSpace(one.Text), text)
}

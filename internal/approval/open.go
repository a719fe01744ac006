package approval

import (
	"slices"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
)

const (
	// maxEnded is how many records of requests that are closed are kept, for the case
	// that one is opened again.
	maxEnded = 50
	// maxAuthors is how many authors are trusted at once, and of how many it is kept that
	// they are not any more; the first that were go first.
	maxAuthors = 500
)

// Open returns the records that a status keeps while items are open: an approval ends
// with its request, so that one that is opened again, perhaps for another branch, is
// looked at again. One for an author lasts.
func Open(records []v1.Approval, items []forge.Item, now time.Time) []v1.Approval {
	open := map[string]bool{}
	for _, item := range items {
		open[item.ID] = true
	}
	var out, ended, authors, distrusted []v1.Approval
	for _, record := range records {
		switch {
		case record.Author != "" && record.Revoked == nil:
			authors = append(authors, record)
		case record.Author != "": // the requests that others close are no reason to forget it
			distrusted = append(distrusted, record)
		case record.Revoked != nil && !open[record.ID]:
			ended = append(ended, record)
		case !open[record.ID]:
			end(&record, now, "the request was closed")
			ended = append(ended, record)
		default:
			out = append(out, record)
		}
	}
	return slices.Concat(last(authors, maxAuthors), last(newest(distrusted), maxAuthors), last(newest(ended), maxEnded), newest(out))
}

// last are so many of a list, from its end.
func last(records []v1.Approval, most int) []v1.Approval { return records[max(0, len(records)-most):] }

// newest leaves of the records that end an approval of the same request the newest.
func newest(records []v1.Approval) []v1.Approval {
	type about struct{ id, author, account string }
	last := map[about]int{}
	for n, record := range records {
		of := about{record.ID, record.Author, record.AuthorID}
		if before, known := last[of]; record.Revoked != nil && (!known || !record.Revoked.Before(records[before].Revoked)) {
			last[of] = n
		}
	}
	var out []v1.Approval
	for n, record := range records {
		if record.Revoked == nil || last[about{record.ID, record.Author, record.AuthorID}] == n {
			out = append(out, record)
		}
	}
	return out
}

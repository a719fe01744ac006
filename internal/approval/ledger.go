package approval

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/forge"
)

// ledger is what is known of approvals: a record for each that counts, and for each
// that was taken back.
type ledger struct {
	spec     v1.Forks
	url      string
	now      time.Time
	exported map[string]string
	records  []v1.Approval
	// unlabelled are the labels that were taken away as the next commit was pushed.
	unlabelled map[string]string
	// absent are pieces of evidence that were not there when they were looked for.
	absent map[string]time.Time
	// tells says that the forge tells who may write.
	tells bool
	// ended are the records that ended in this run because somebody wanted it.
	ended []v1.Approval
}

func newLedger(spec v1.Forks, q Question) *ledger {
	out := &ledger{spec: spec, url: q.URL, now: q.Now(), exported: q.Exported, unlabelled: q.Unlabelled}
	_, out.tells = q.Repository.(forge.Permissions)
	for _, one := range q.Records {
		record := *one.DeepCopy()
		if record.Revoked == nil && record.Repository != "" && canonical(record.Repository) != canonical(q.URL) { // its numbers, and logins, are others
			end(&record, out.now, "the provider watches another repository")
		}
		out.records = append(out.records, record)
	}
	return out
}

// canonical is the URL of a repository, however it is written.
func canonical(text string) string {
	parsed, err := forge.ParseURL(text, "")
	if err != nil {
		return text
	}
	return strings.ToLower(parsed.String())
}

// authorOf is who is trusted with an item; nobody where it does not say who wrote it.
func authorOf(item forge.Item) string {
	if item.WrittenBy() == forge.Unnamed {
		return ""
	}
	return strings.ToLower(item.WrittenBy())
}

// isOf reports whether a record is about a request, or about its author.
func isOf(record v1.Approval, item forge.Item) bool {
	return record.ID == item.ID || record.Author != "" && isBy(record, item)
}

// isBy reports whether the author of an item is the one whom a record trusts: by their
// account, as a login may be another's by now. Where either has none it is the login;
// and who is not trusted any more is so where it cannot be told.
func isBy(record v1.Approval, item forge.Item) bool {
	if record.AuthorID != "" && (item.AuthorID != "" || record.Revoked == nil) {
		return record.AuthorID == item.AuthorID
	}
	return record.Author == authorOf(item)
}

// floor is until when what was said of a request counts no more, and why; zero where
// nothing was taken back.
func (l *ledger) floor(item forge.Item, r reading) (until time.Time, why string) {
	for _, record := range l.records {
		if record.Revoked != nil && isOf(record, item) && record.Revoked.After(until) {
			until, why = record.Revoked.Time, record.Why
		}
	}
	if last := lastRevoke(r); last != nil && last.at.After(until) {
		until, why = last.at, tookBack(*last)
	}
	return until, why
}

func tookBack(said statement) string { return cmp.Or(shown(said.by), "somebody") + " took it back" }

// lastRevoke is how all was taken back last. One that may have been edited is heard, too:
// who has that done lets nothing run, and otherwise a stranger's emoji would silence it.
func lastRevoke(r reading) *statement {
	for _, one := range slices.Backward(r.said) {
		if one.revokes {
			return &one
		}
	}
	return nil
}

// settle ends the records of a request that hold no more:
//
//	it goes elsewhere, or comes from elsewhere    what was said until now counts no more
//	somebody took it back since                   what was said until then counts no more
//	what was said is there no more                it counts no more
//
// Where not all could be read nothing was taken back, and what is not there has to be
// missed twice: an answer may be empty by mistake. A review and a label may go with the
// next push, and that is nobody's wish: what they approved of stays so.
func (l *ledger) settle(item forge.Item, r reading) {
	kept := make([]v1.Approval, 0, len(l.records))
	for _, record := range l.records {
		if record.Author != "" && record.AuthorID == "" && isBy(record, item) { // it was written before accounts were
			record.AuthorID = item.AuthorID
		}
		if record.How == v1.ByLabel && l.unlabelled[record.ID] == record.Evidence {
			record.Evidence = labelledAgain(record, r)
		}
		revoked := lastRevoke(r)
		switch {
		case record.Revoked != nil || !isOf(record, item):
		case record.ID == item.ID && record.Author == "" && (record.TargetBranch != item.TargetBranch || record.Source != item.Source):
			end(&record, l.now, "the request changed where it goes to or comes from")
		case revoked != nil && !revoked.at.Before(record.At.Time):
			end(&record, revoked.at, tookBack(*revoked))
			l.ended = append(l.ended, record)
		case record.ID == item.ID && (r.err == nil && !r.partial || record.How == v1.ByAnnotation) && l.isGone(record, item, r):
			l.ended = append(l.ended, record)
			continue
		}
		kept = append(kept, record)
	}
	l.records = kept
}

// end takes a record back. Times of the API have no fractions.
func end(record *v1.Approval, at time.Time, why string) {
	record.Revoked = &metav1.Time{Time: at.Add(time.Second - time.Nanosecond).Truncate(time.Second)}
	record.Why = why
}

// isGone reports whether what a record is about was said no more. It is asked of a
// request whose head may have moved on since.
func (l *ledger) isGone(record v1.Approval, item forge.Item, r reading) bool {
	if record.How == v1.ByLabel && l.unlabelled[record.ID] == record.Evidence {
		return false
	}
	isThere := slices.ContainsFunc(r.said, func(one statement) bool {
		return !one.revokes && one.how == record.How && one.id == record.Evidence && one.by.IsAccount(record.ByID) && one.upholds(record.SHA)
	})
	of := evidenceOf(record)
	if isThere {
		delete(l.absent, of)
		return false
	}
	first, missed := l.absent[of]
	if !missed {
		l.absent[of] = r.at
	}
	switch {
	case record.How != v1.ByAnnotation && (!missed || !r.at.After(first)):
		return false
	case strings.EqualFold(record.SHA, item.SHA):
		return true
	case l.spec.Scope == v1.ApproveCommit:
		return false
	default:
		return record.How != v1.ByReview
	}
}

// labelledAgain is the event by which a label was set once more on the commit of a record,
// or the one before it.
func labelledAgain(record v1.Approval, r reading) string {
	for _, one := range r.said {
		if one.how == v1.ByLabel && one.means(record.SHA, r.pushed) {
			return one.id
		}
	}
	return record.Evidence
}

// evidenceOf is what tells a piece of evidence from others.
func evidenceOf(record v1.Approval) string {
	return record.How + " " + record.ID + " " + record.Evidence
}

// tidy forgets of the evidence that was missed what no record goes by any more.
func (l *ledger) tidy() {
	maps.DeleteFunc(l.absent, func(of string, _ time.Time) bool {
		return !slices.ContainsFunc(l.records, func(record v1.Approval) bool { return record.Revoked == nil && evidenceOf(record) == of })
	})
}

// covering is a record by which a commit of a request is approved; nil for none.
func (l *ledger) covering(item forge.Item, sha string) *v1.Approval {
	for n := range l.records {
		record := &l.records[n]
		if record.Revoked != nil || !isOf(*record, item) {
			continue
		}
		isSame := record.ID == item.ID
		switch {
		case isSame && strings.EqualFold(record.SHA, sha),
			isSame && l.spec.Scope == v1.ApproveRequest,
			record.Author != "" && l.spec.Scope == v1.ApproveAuthor:
			return record
		}
	}
	return nil
}

// decide says whether the commit of an item is approved, and keeps a record of it.
func (l *ledger) decide(item forge.Item, r reading) admit.Approval {
	exported := l.exported[item.Key()]
	if exported != "" && exported != item.SHA && l.hasEnded(item) {
		l.find(item, exported, r) // somebody else may have approved of it, too
	}
	record := l.covering(item, item.SHA)
	if record == nil {
		record = l.find(item, item.SHA, r)
	}
	if record == nil {
		isRevoked := exported != "" && l.hasEnded(item) && l.covering(item, exported) == nil
		return admit.Approval{Message: l.message(item, r), Revoked: isRevoked}
	}
	by, sha := cmp.Or(record.By, "annotation"), record.SHA
	l.records = slices.DeleteFunc(l.records, func(other v1.Approval) bool { // neither what is wanted nor what runs
		return other.ID == item.ID && other.Revoked == nil && other.SHA != sha && other.SHA != item.SHA && other.SHA != exported
	})
	return admit.Approval{Given: admit.Given(by, sha)}
}

// hasEnded reports whether somebody wanted an approval of an item to end.
func (l *ledger) hasEnded(item forge.Item) bool {
	return slices.ContainsFunc(l.ended, func(record v1.Approval) bool { return isOf(record, item) })
}

// find looks for what was said last that approves of a commit, and writes it down.
func (l *ledger) find(item forge.Item, sha string, r reading) *v1.Approval {
	pushed := r.pushed
	if sha != item.SHA {
		pushed = time.Time{} // it is that of the head
	}
	floor, _ := l.floor(item, r)
	for _, one := range slices.Backward(r.said) {
		if one.revokes || !one.means(sha, pushed) || !floor.IsZero() && !one.at.After(floor) {
			continue
		}
		record := v1.Approval{
			ID: item.ID, SHA: sha, By: one.by.Login, ByID: one.by.ID, How: one.how, At: metav1.NewTime(one.at.Truncate(time.Second)), Evidence: one.id,
			TargetBranch: item.TargetBranch, Source: item.Source, Repository: l.url,
		}
		if one.at.IsZero() {
			record.At = metav1.NewTime(l.now.Truncate(time.Second))
		}
		if l.spec.Scope == v1.ApproveAuthor {
			record.Author, record.AuthorID = authorOf(item), item.AuthorID
		}
		l.records = append(l.records, record)
		return &l.records[len(l.records)-1]
	}
	return nil
}

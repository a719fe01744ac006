package feedback

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
)

// memory is what a process remembers. All of it but the pace is in the status as well,
// which the cache may show as it was before: nobody else writes it.
type memory struct {
	mu    sync.Mutex
	told  map[types.NamespacedName][]v1.FeedbackStatus
	paces map[types.NamespacedName]map[string]last
	// troubles are the requests that could not be told the last time.
	troubles map[types.NamespacedName]map[string]bool
	budget   *budget
}

// recall returns what the requests of a provider were told.
func (m *memory) recall(provider *v1.ResourceSetInputProvider) []v1.FeedbackStatus {
	m.mu.Lock()
	defer m.mu.Unlock()
	if told, known := m.told[types.NamespacedName{Namespace: provider.Namespace, Name: provider.Name}]; known {
		return told
	}
	return provider.Status.Feedback
}

func (m *memory) remember(of types.NamespacedName, told []v1.FeedbackStatus) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.told == nil {
		m.told = map[types.NamespacedName][]v1.FeedbackStatus{}
	}
	m.told[of] = told
}

func (m *memory) forget(of types.NamespacedName) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.told, of)
	delete(m.paces, of)
	delete(m.troubles, of)
}

// trouble is 1 for a request that could not be told the last time.
func (m *memory) trouble(of types.NamespacedName, id string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.troubles[of][id] {
		return 1
	}
	return 0
}

// stumble notes that a request could not be told, and relieve that it was.
func (m *memory) stumble(of types.NamespacedName, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.troubles == nil {
		m.troubles = map[types.NamespacedName]map[string]bool{}
	}
	if m.troubles[of] == nil {
		m.troubles[of] = map[string]bool{}
	}
	m.troubles[of][id] = true
}

func (m *memory) relieve(of types.NamespacedName, id string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.troubles[of], id)
}

// pace returns what a request was told last.
func (m *memory) pace(of types.NamespacedName, id string) last {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.paces[of][id]
}

func (m *memory) note(of types.NamespacedName, id string, now last) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.paces == nil {
		m.paces = map[types.NamespacedName]map[string]last{}
	}
	if m.paces[of] == nil {
		m.paces[of] = map[string]last{}
	}
	m.paces[of][id] = now
}

// budgets returns the one for all.
func (m *memory) budgets(now func() time.Time) *budget {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.budget == nil {
		m.budget = newBudget(now)
	}
	return m.budget
}

func (m *memory) spend(now func() time.Time, who login, told source.Told) time.Duration {
	const all = 100
	if told == source.Comment {
		return m.budgets(now).take(who, all)
	}
	return m.budgets(now).take(who, all-kept)
}

// seed counts what was told before this process began, as far as that is known: a
// request was told one thing at least, and of late maybe all that there is to tell of it.
func (m *memory) seed(now func() time.Time, who login, told []v1.FeedbackStatus) {
	var before []time.Time
	for _, line := range told {
		if line.Updated.IsZero() {
			continue
		}
		times := 1
		if now().Sub(line.Updated.Time) < time.Minute {
			times = max(1, allOf(line))
		}
		before = append(before, slices.Repeat([]time.Time{line.Updated.Time}, times)...)
	}
	m.budgets(now).seed(who, before)
}

// allOf is how many things there are to tell of a request.
func allOf(line v1.FeedbackStatus) int {
	out := 0
	if line.Comment != "" {
		out++
	}
	for _, mark := range line.Previews {
		if mark.Status != "" {
			out++
		}
		if mark.Deployment != "" { // that it began, and what became of it
			out += 2
		}
	}
	return out
}

// round is one run over all requests of a repository.
type round struct {
	now    func() time.Time
	memory *memory
	of     types.NamespacedName
}

// tellAll tells each request what is new, until the forge or the time has enough: all
// their comments first, as people look there. It returns what all were told, what went
// wrong, and the time to the next round.
func (o round) tellAll(ctx context.Context, t *teller, requests []pending) (lines []v1.FeedbackStatus, failed []error, after time.Duration) {
	// What failed the last time comes last, so that it keeps nobody else from being told.
	slices.SortStableFunc(requests, func(a, b pending) int { return o.memory.trouble(o.of, a.id) - o.memory.trouble(o.of, b.id) })
	for n := range requests {
		wait := o.prepare(t, &requests[n])
		requests[n].due = requests[n].due && n < maxTold
		after = soonest(after, wait)
	}
	var stop error
	for n := range requests {
		t.standing += requests[n].deployed()
	}
	for _, told := range []source.Told{source.Comment, source.Status, source.Deployment, source.Dashboard, source.Answer} {
		for n := range requests {
			one := &requests[n]
			if !one.due || stop != nil {
				one.failed = one.failed || one.due // what is left is told in the next round
				continue
			}
			err := t.tell(ctx, told, one)
			switch {
			case err == nil:
			case isPause(ctx, err):
				stop, one.failed = err, true
			case isClosedTo(err):
				one.refused, one.due = forgeSaid(err), false
			default:
				one.failed, one.troubled = true, true
				failed = append(failed, &failure{told, err})
				t.giveUp(told, err)
			}
		}
	}
	for n := range requests {
		if line := o.conclude(&requests[n]); line.Comment+line.Reaction+line.Unlabelled+line.Refused != "" || len(line.Previews) > 0 {
			lines = append(lines, line)
		}
	}
	slices.SortFunc(lines, func(a, b v1.FeedbackStatus) int {
		return cmp.Or(cmp.Compare(len(a.ID), len(b.ID)), cmp.Compare(a.ID, b.ID))
	})
	return lines, failed, soonest(after, o.until(stop))
}

// deployed is how many of its previews have a deployment.
func (p *pending) deployed() int {
	out := 0
	for _, mark := range p.line.Previews {
		if mark.Deployment != "" {
			out++
		}
	}
	return out
}

// prepare says whether a request is to be told anything now, or how long to wait with
// that.
func (o round) prepare(t *teller, one *pending) (wait time.Duration) {
	t.watch(one.request, &one.line)
	one.before, one.news = digestOf(linesOf(one.line)...), newsOf(one.request)
	if one.line.Refused != "" && one.line.SHA == one.wanted() && !one.gone {
		one.refused = one.line.Refused
		return 0
	}
	wait = o.memory.pace(o.of, one.id).wait(one.news, o.now())
	one.due = wait == 0
	if wait > 0 && t.isNews(one.request, one.line) {
		return wait
	}
	return 0
}

// conclude notes what a request was told.
func (o round) conclude(one *pending) v1.FeedbackStatus {
	line := one.line
	line.Previews = slices.DeleteFunc(line.Previews, func(mark v1.FeedbackPreview) bool {
		return line.Comment == "" && mark == v1.FeedbackPreview{Name: mark.Name} || !one.gone && mark.Deployment == "" && !one.has(mark.Name)
	})
	if digestOf(linesOf(line)...) != one.before {
		line.SHA, line.Updated = one.wanted(), metav1.NewTime(o.now().UTC().Truncate(time.Second))
		o.memory.note(o.of, one.id, last{one.news, o.now()})
	}
	if line.Comment != "" { // which names them once they are removed
		for _, row := range one.rows {
			markOf(&line, row.Called())
		}
	}
	switch {
	case one.troubled:
		o.memory.stumble(o.of, one.id)
	case one.due:
		o.memory.relieve(o.of, one.id)
	}
	line.Refused = one.refused
	if one.refused != "" {
		line.SHA = one.wanted()
	}
	if one.gone && one.due && !one.failed { // it begins anew when it is opened again
		return v1.FeedbackStatus{}
	}
	return line
}

// isPause reports whether a forge, or the time, has enough of all.
func isPause(ctx context.Context, err error) bool {
	var pause *paused
	var limited *transport.RateLimited
	return errors.As(err, &pause) || errors.As(err, &limited) || ctx.Err() != nil
}

// vain is how many requests that are not found, or not understood, say that none is.
const vain = 3

// giveUp keeps a round from trying in vain what no request will be told.
func (t *teller) giveUp(told source.Told, err error) {
	if errors.Is(err, transport.ErrNotFound) || errors.Is(err, transport.ErrInvalidAnswer) {
		if t.missed++; t.missed < vain {
			return
		}
	}
	switch told {
	case source.Comment:
		t.comments = nil
	case source.Status:
		t.statuses = nil
	case source.Deployment:
		t.deployments = nil
	case source.Dashboard:
		t.dashboards = nil
	case source.Answer:
		t.answers = answers{}
	}
}

// until says when a round goes on that was stopped.
func (o round) until(stop error) time.Duration {
	const soon, unsaid = time.Second, time.Minute
	var pause *paused
	var limited *transport.RateLimited
	switch {
	case stop == nil:
		return 0
	case errors.As(stop, &pause):
		return pause.wait
	case errors.As(stop, &limited):
		if wait := limited.Until.Sub(o.now()); wait > 0 {
			return wait
		}
		return unsaid
	default:
		return soon
	}
}

// isNews reports whether anything of a request is new.
func (t *teller) isNews(r *request, line v1.FeedbackStatus) bool {
	if t.comments != nil && (!r.silent || line.Comment != "") {
		if _, _, digest, err := t.cardOf(r); err == nil && digest != line.Digest {
			return true
		}
	}
	return t.statuses != nil || t.deployments != nil || t.isUnanswered(r, line)
}

// wanted is the commit that a request is at.
func (r *request) wanted() string {
	for _, row := range r.rows {
		if sha := row.Wanted(); sha != "" {
			return sha
		}
	}
	return ""
}

// linesOf are the parts of a line that change with what is told.
func linesOf(line v1.FeedbackStatus) []string {
	out := []string{line.Comment, line.Digest, line.Reaction, line.Unlabelled}
	for _, one := range line.Previews {
		out = append(out, one.Name, one.SHA, one.Status, one.Deployment, one.DeployedSHA, one.Deployed, one.Dashboard, one.ReadySince)
	}
	return out
}

// isClosedTo reports whether a forge takes nothing for one request, as that is locked or
// read-only: not what a token may do is missing.
func isClosedTo(err error) bool {
	if err == nil || isArchived(err) {
		return false
	}
	text := lower(err.Error())
	said := errors.Is(err, transport.ErrForbidden) || errors.Is(err, transport.ErrInvalidAnswer)
	return said && (strings.Contains(text, "locked") || strings.Contains(text, "read-only") || strings.Contains(text, "422 "))
}

// isArchived reports whether a forge takes nothing for any request, as the repository is
// archived. Nobody pushes to it then, so that it is tried again now and then.
func isArchived(err error) bool {
	return err != nil && !errors.Is(err, transport.ErrNotFound) && strings.Contains(lower(err.Error()), "archived")
}

func forgeSaid(err error) string {
	const most = 200
	if text := []rune(err.Error()); len(text) > most {
		return string(text[:most-1]) + "…"
	}
	return err.Error()
}

func lower(text string) string { return strings.ToLower(text) }

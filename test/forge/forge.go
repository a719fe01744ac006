// Package forge stands in for forges that cannot run beside a test: servers
// that speak the documented HTTP of Gitea, GitHub, GitLab and Azure DevOps, with
// their paging, authentication, error bodies and limits.
//
//	f := forge.NewGitHub(t)
//	n := f.Open(forge.Request{Branch: "feature/x", Title: "Add x"})
//	f.Label(n, "build/image-ready")
//	f.Break(forge.Status(http.StatusBadGateway)) // until f.Mend()
//
// What differs between forges is a dialect, in the forge's own file; the state
// and the server are the same for all.
package forge

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Token is what a server accepts; an anonymous request is refused.
const Token = "s3cret-t0ken"

// Request is a pull request.
type Request struct {
	Number                               int
	Title, Branch, Target, SHA, Author   string
	Labels                               []string
	Fork, Draft, Closed, Merged, NoMerge bool
	Updated                              time.Time
	// Files that it changes: "path", or "from => to" of one that it moves.
	Files []string
}

// Forge is a server with one repository.
type Forge struct {
	// Type of the provider that watches it.
	Type string
	// URL of the repository, as in spec.url.
	URL string

	dialect dialect

	mu       sync.Mutex
	requests []*Request
	fault    Fault
	asked    int

	limit     *limit
	unchanged int
}

// dialect is how one forge speaks.
type dialect struct {
	providerType string
	// repository is the path of the repository's web page.
	repository string
	// requests is the path of the list of requests in the API.
	requests string
	// most is the largest page that the server gives.
	most int
	// also answers what only this forge has, nil for nothing.
	also func(w http.ResponseWriter, r *http.Request) bool
	// etags says that the server tells versions of an answer apart.
	etags bool
	// authorized reports whether a request carries the token.
	authorized func(r *http.Request) bool
	// page reads the number, from 1, and the size of the page asked for.
	page func(r *http.Request) (number, size int)
	// listed is a request in a list, and single a request by itself.
	listed, single func(f *Forge, r Request) any
	// wrap makes the body of a list, and sets the headers that page through it.
	wrap func(w http.ResponseWriter, r *http.Request, p slice) any
	// below answers what is below a request, beside its labels; nil is not found.
	below func(f *Forge, w http.ResponseWriter, r *http.Request, of Request, rest string) any
	// labels is the body of a request's labels, where they are apart.
	labels func(r Request) any
	// failure is the body of an error.
	failure func(message string) any
}

// slice is a page of a list.
type slice struct {
	items               []any
	number, size, total int
}

// last is the number of the last page.
func (s slice) last() int { return max(1, (s.total+s.size-1)/s.size) }

// Fault answers in the place of the server; it returns false to let it answer.
type Fault func(w http.ResponseWriter, r *http.Request) bool

func start(t testing.TB, d dialect) *Forge {
	t.Helper()
	f := &Forge{dialect: d, Type: d.providerType}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.URL = server.URL + d.repository
	return f
}

// Asked returns how many requests the server has answered.
func (f *Forge) Asked() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked
}

// Break lets a fault answer from now on.
func (f *Forge) Break(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// Mend takes the fault away.
func (f *Forge) Mend() { f.Break(nil) }

// Open opens a request and returns its number. Fields left empty get values of
// their own.
func (f *Forge) Open(r Request) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	r.Number = len(f.requests) + 1
	r.Branch = or(r.Branch, fmt.Sprintf("feature/%d", r.Number))
	r.Target = or(r.Target, "main")
	r.Title = or(r.Title, fmt.Sprintf("Change %d", r.Number))
	r.Author = or(r.Author, "ada")
	r.SHA = or(r.SHA, fmt.Sprintf("%040x", r.Number))
	if r.Updated.IsZero() {
		r.Updated = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	}
	f.requests = append(f.requests, &r)
	return r.Number
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

// Change changes a request.
func (f *Forge) Change(number int, change func(*Request)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f.requests[number-1])
}

// Push moves a request to another commit.
func (f *Forge) Push(number int, sha string) { f.Change(number, func(r *Request) { r.SHA = sha }) }

// Label adds a label to a request.
func (f *Forge) Label(number int, label string) {
	f.Change(number, func(r *Request) { r.Labels = append(r.Labels, label) })
}

// Unlabel takes a label from a request.
func (f *Forge) Unlabel(number int, label string) {
	f.Change(number, func(r *Request) {
		r.Labels = slices.DeleteFunc(r.Labels, func(l string) bool { return l == label })
	})
}

// Close closes a request.
func (f *Forge) Close(number int) { f.Change(number, func(r *Request) { r.Closed = true }) }

// Merge merges a request.
func (f *Forge) Merge(number int) {
	f.Change(number, func(r *Request) { r.Closed, r.Merged = true, true })
}

// Reopen opens a closed request again.
func (f *Forge) Reopen(number int) { f.Change(number, func(r *Request) { r.Closed = false }) }

// ServeHTTP implements http.Handler.
func (f *Forge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if f.fault != nil && f.fault(w, r) {
		return
	}
	if f.dialect.also != nil && f.dialect.also(w, r) {
		return
	}
	recorded := httptest.NewRecorder()
	f.answer(recorded, r)
	f.validate(w, r, recorded)
}

// answer answers as a server without faults does.
func (f *Forge) answer(w http.ResponseWriter, r *http.Request) {
	if !f.dialect.authorized(r) {
		f.fail(w, http.StatusUnauthorized, "Unauthorized")
		return
	}
	rest, ours := strings.CutPrefix(r.URL.EscapedPath(), f.dialect.requests)
	if !ours || r.Method != http.MethodGet {
		f.fail(w, http.StatusNotFound, "Not Found")
		return
	}
	if rest == "" {
		f.list(w, r)
		return
	}
	f.get(w, r, strings.Split(strings.Trim(rest, "/"), "/"))
}

func (f *Forge) list(w http.ResponseWriter, r *http.Request) {
	var open []any
	for _, request := range f.requests {
		if !request.Closed && hasAll(request.Labels, r.URL.Query().Get("labels")) {
			open = append(open, f.dialect.listed(f, *request))
		}
	}
	answer(w, http.StatusOK, f.paged(w, r, open))
}

func hasAll(labels []string, wanted string) bool {
	if wanted == "" {
		return true
	}
	for _, label := range strings.Split(wanted, ",") {
		if !slices.Contains(labels, label) {
			return false
		}
	}
	return true
}

// get answers for one request, or for what is below it.
func (f *Forge) get(w http.ResponseWriter, r *http.Request, path []string) {
	number, err := strconv.Atoi(path[0])
	if err != nil || number < 1 || number > len(f.requests) {
		f.fail(w, http.StatusNotFound, "Not Found")
		return
	}
	request := *f.requests[number-1]
	switch {
	case len(path) == 1:
		answer(w, http.StatusOK, f.dialect.single(f, request))
	case path[1] == "labels" && f.dialect.labels != nil:
		answer(w, http.StatusOK, f.dialect.labels(request))
	default:
		if body := f.dialect.below(f, w, r, request, strings.Join(path[1:], "/")); body != nil {
			answer(w, http.StatusOK, body)
			return
		}
		f.fail(w, http.StatusNotFound, "Not Found")
	}
}

func (f *Forge) fail(w http.ResponseWriter, code int, message string) {
	answer(w, code, f.dialect.failure(message))
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the client has gone, or it gets it
}

// query reads the number and the size of a page from parameters.
func query(r *http.Request, page, size string) (int, int) {
	number, err := strconv.Atoi(r.URL.Query().Get(page))
	if err != nil || number < 1 {
		number = 1
	}
	count, err := strconv.Atoi(r.URL.Query().Get(size))
	if err != nil || count < 1 {
		count = 30
	}
	return number, count
}

// link is the Link header of RFC 8288, as GitHub, Gitea and GitLab page with it.
func link(r *http.Request, p slice) string {
	at := func(number int, rel string) string {
		values := r.URL.Query()
		values.Set("page", strconv.Itoa(number))
		return fmt.Sprintf(`<http://%s%s?%s>; rel="%s"`, r.Host, r.URL.EscapedPath(), values.Encode(), rel)
	}
	var parts []string
	if p.number < p.last() {
		parts = append(parts, at(p.number+1, "next"), at(p.last(), "last"))
	}
	if p.number > 1 {
		parts = append(parts, at(1, "first"), at(p.number-1, "prev"))
	}
	return strings.Join(parts, ", ")
}

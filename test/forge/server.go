package forge

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// dialect is how one forge speaks.
type dialect struct {
	requestType, branchType, tagType string
	// hosts are the vendor's that the server stands in for, that of the
	// repository's URL first and that of the API last; nil for a server of
	// one's own.
	hosts []string
	// serve answers in the place of the endpoints, for a forge that has none.
	serve func(f *Forge, w http.ResponseWriter, r *http.Request)
	// repository is the path of the repository's web page, and api that of the
	// repository in the API.
	repository, api string
	// self is what the API answers for the repository.
	self any
	// endpoints are what is below it, requests first.
	endpoints []endpoint
	// most is the largest page that the server gives.
	most int
	// also answers what only this forge has, nil for nothing.
	also func(w http.ResponseWriter, r *http.Request) bool
	// tales are what it can be told below its repository, and beside those that are
	// elsewhere: of whole paths, or of those below its API.
	tales, beside []tale
	// etags says that the server tells versions of an answer apart.
	etags bool
	// authorized reports whether a request carries the token.
	authorized func(r *http.Request) bool
	// page reads the number, from 1, and the size of the page asked for.
	page func(r *http.Request) (number, size int)
	// wrap makes the body of a list, and sets the headers that page through it.
	wrap func(w http.ResponseWriter, r *http.Request, p slice) any
	// failure is the body of an error.
	failure func(message string) any
	// contract is what the vendor says of its API; nil where nothing says it.
	contract *contract
}

// endpoint is a part of an API.
type endpoint struct {
	// path below the repository's.
	path string
	// list is everything that is there, in the server's order.
	list func(f *Forge, r *http.Request) []any
	// one answers what stands below the path, unescaped; nil is not found.
	one func(f *Forge, r *http.Request, key string) any
	// below answers what is below a request, such as its files; nil is not found.
	below func(f *Forge, w http.ResponseWriter, r *http.Request, of Request, rest string) any
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
	f := &Forge{t: t, dialect: d, said: map[string]bool{}, Type: d.requestType, BranchType: d.branchType, TagType: d.tagType}
	if d.hosts != nil {
		f.standIn(t)
		return f
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.URL = server.URL + d.repository
	return f
}

// standIn answers for the vendor's hosts.
func (f *Forge) standIn(t testing.TB) {
	authority, err := NewAuthority()
	if err != nil {
		t.Fatal(err)
	}
	hosts := map[string]http.Handler{}
	for _, host := range f.dialect.hosts {
		hosts[host] = f
	}
	internet := NewInternet(t, authority, hosts)
	if f.Proxy, err = url.Parse(internet.URL); err != nil {
		t.Fatal(err)
	}
	f.Proxy.User = url.UserPassword("flux", Token)
	f.URL = "https://" + f.dialect.hosts[0] + f.dialect.repository
	f.Authority = authority.PEM
	f.TLS = &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	f.TLS.RootCAs.AppendCertsFromPEM(authority.PEM)
}

// Rename moves the repository in the API, and answers under its old name with a
// redirect; to what is to be written there with one that keeps it so, but for GitLab,
// which takes it under the new name alone.
func (f *Forge) Rename(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	from, to := f.dialect.api, f.dialect.api[:strings.LastIndex(f.dialect.api, "/")+1]+name
	f.dialect.api = to
	isGitLab := f.Type == v1.InputProviderGitLabMergeRequest
	if isGitLab { // the path is one part there
		to = from[:strings.LastIndex(from, "%2F")+len("%2F")] + name
		f.dialect.api = to
		f.dialect.self = map[string]any{"id": 1, "path_with_namespace": "acme/platform/" + name}
	}
	f.fault = func(w http.ResponseWriter, r *http.Request) bool {
		rest, old := strings.CutPrefix(r.URL.EscapedPath(), from)
		if !old || rest != "" && rest[0] != '/' {
			return false
		}
		code := http.StatusMovedPermanently
		switch {
		case r.Method == http.MethodGet:
		case isGitLab:
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusMethodNotAllowed)
			_, _ = w.Write([]byte(`{"message": "Non GET methods are not allowed for moved projects"}`)) // the client reads it
			return true
		default:
			code = http.StatusTemporaryRedirect
		}
		redirect(w, code, to+rest+"?"+r.URL.RawQuery)
		return true
	}
}

func redirect(w http.ResponseWriter, code int, to string) {
	w.Header().Set("Location", to)
	w.WriteHeader(code)
}

// BreakRepository lets a fault answer for the repository itself alone.
func (f *Forge) BreakRepository(fault Fault) {
	f.Break(func(w http.ResponseWriter, r *http.Request) bool {
		return r.URL.EscapedPath() == f.dialect.api && fault(w, r)
	})
}

// ServeHTTP implements http.Handler. Whatever it comes to, each request is held
// to the contract; of the answers, those that no fault gives.
func (f *Forge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A server learns that its client has gone only once it has read the body.
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked++
	if c := f.dialect.contract; c != nil {
		f.hold(c.request(r))
	}
	if f.fault != nil && f.fault(w, r) {
		return
	}
	answered := f.conditional(r)
	if c := f.dialect.contract; c != nil && !f.odd() {
		f.hold(c.answer(r, answered))
	}
	maps.Copy(w.Header(), answered.Header())
	w.WriteHeader(answered.Code)
	write(w, answered.Body.String())
}

// hold fails the test for what is not as the vendor describes it, once.
func (f *Forge) hold(err error) {
	if err != nil && !f.said[err.Error()] {
		f.said[err.Error()] = true
		f.t.Errorf("%s describes its API otherwise: %v", f.dialect.contract.vendor, err)
	}
}

// odd reports whether a request is in a state of which no vendor knows, or comes from
// where nothing is any more, which none describes.
func (f *Forge) odd() bool {
	return slices.ContainsFunc(f.requests, func(r *Request) bool { return r.State != "" || r.Gone })
}

// answer answers as a server without faults does.
func (f *Forge) answer(w http.ResponseWriter, r *http.Request) {
	if f.dialect.serve != nil {
		f.dialect.serve(f, w, r)
		return
	}
	if !f.dialect.authorized(r) {
		f.fail(w, http.StatusUnauthorized, "Unauthorized")
		return
	}
	path, ours := strings.CutPrefix(r.URL.EscapedPath(), f.dialect.api)
	hosts := f.dialect.hosts
	elsewhere := hosts != nil && r.Host != hosts[len(hosts)-1]
	if ours && !elsewhere && !f.hidden && f.isTold(w, r, path, f.dialect.tales) {
		return
	}
	if !elsewhere && !f.hidden && f.isTold(w, r, r.URL.EscapedPath(), f.dialect.beside) {
		return
	}
	if rest, is := strings.CutPrefix(r.URL.EscapedPath(), f.root()); is && rest != r.URL.EscapedPath() && !elsewhere && !f.hidden && f.isTold(w, r, rest, f.dialect.beside) {
		return
	}
	if !ours || elsewhere || r.Method != http.MethodGet || f.hidden {
		f.fail(w, http.StatusNotFound, "Not Found")
		return
	}
	if path == "" {
		answer(w, http.StatusOK, f.dialect.self)
		return
	}
	f.below(w, r, path)
}

// below answers what is below the repository.
func (f *Forge) below(w http.ResponseWriter, r *http.Request, path string) {
	for _, endpoint := range f.dialect.endpoints {
		rest, found := strings.CutPrefix(path, endpoint.path)
		switch {
		case !found:
		case rest == "" && endpoint.list != nil:
			answer(w, http.StatusOK, f.paged(w, r, endpoint.list(f, r)))
			return
		case strings.HasPrefix(rest, "/"):
			if body := f.single(w, r, endpoint, rest[1:]); body != nil {
				answer(w, http.StatusOK, body)
				return
			}
		}
	}
	f.fail(w, http.StatusNotFound, "Not Found")
}

// single is one thing of an endpoint, or what is below it; nil is not found.
func (f *Forge) single(w http.ResponseWriter, r *http.Request, at endpoint, rest string) any {
	number, below, deeper := strings.Cut(rest, "/")
	if request := f.request(number); deeper && at.below != nil && request != nil {
		return at.below(f, w, r, *request, below)
	}
	key, err := url.PathUnescape(rest)
	if err != nil || at.one == nil {
		return nil
	}
	return at.one(f, r, key)
}

// requestsAt is the endpoint of requests, told in the words of a forge.
func requestsAt(path string, tell func(*Forge, Request) any) endpoint {
	return endpoint{
		path: path,
		list: func(f *Forge, r *http.Request) []any {
			var open []any
			for _, request := range f.requests {
				if !request.Closed && hasAll(request.Labels, r.URL.Query().Get("labels")) {
					open = append(open, tell(f, *request))
				}
			}
			return open
		},
		one: func(f *Forge, _ *http.Request, key string) any {
			if request := f.request(key); request != nil {
				return tell(f, *request)
			}
			return nil
		},
	}
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

package source

import (
	"bytes"
	"container/list"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// maxAnswers bounds what is kept of all answers together, in bytes.
	maxAnswers = 64 << 20
	// settled is how old a change must be for the time of it to tell versions
	// apart: times have seconds, and clocks differ (RFC 9110, 8.8.2.2).
	settled = time.Minute
)

// answers are what forges have answered, to be asked whether it still holds: an
// answer of 304 costs neither side much, and on GitHub none of the rate limit.
// Nothing is taken from here without the forge's own 304. What was read longest
// ago goes first.
type answers struct {
	max int // bytes

	mu    sync.Mutex
	size  int
	known map[request]*list.Element
	order *list.List // of *kept, the latest first
}

// request is what was asked, by whom: a digest of URL and headers, credentials
// among them, so that nobody gets what another one was told.
type request [sha256.Size]byte

// kept is a good answer.
type kept struct {
	request request
	header  http.Header
	body    []byte
}

func newAnswers(most int) *answers {
	return &answers{max: most, known: map[request]*list.Element{}, order: list.New()}
}

func requestOf(req *http.Request) request {
	text := &strings.Builder{}
	fmt.Fprintf(text, "%s %s\n", req.Method, req.URL)
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		fmt.Fprintf(text, "%s: %q\n", name, req.Header[name])
	}
	return sha256.Sum256([]byte(text.String()))
}

// find returns what was answered before, nil for nothing.
func (a *answers) find(asked request) *kept {
	a.mu.Lock()
	defer a.mu.Unlock()
	element, ok := a.known[asked]
	if !ok {
		return nil
	}
	a.order.MoveToFront(element)
	return element.Value.(*kept)
}

// keep stores an answer that the forge can be asked about again.
func (a *answers) keep(asked request, resp *http.Response, body []byte) {
	if resp.Request.Method != http.MethodGet || !hasValidator(resp.Header) ||
		strings.Contains(resp.Header.Get("Cache-Control"), "no-store") {
		return
	}
	entry := &kept{request: asked, header: resp.Header.Clone(), body: body}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.drop(a.known[asked])
	if entry.size() > a.max {
		return
	}
	a.known[asked] = a.order.PushFront(entry)
	a.size += entry.size()
	for a.size > a.max {
		a.drop(a.order.Back())
	}
}

func (a *answers) drop(element *list.Element) {
	if element == nil {
		return
	}
	entry := a.order.Remove(element).(*kept)
	delete(a.known, entry.request)
	a.size -= entry.size()
}

// hasValidator reports whether an answer says what version it is.
func hasValidator(h http.Header) bool {
	return h.Get("ETag") != "" || modified(h) != ""
}

// modified returns Last-Modified where it tells one version from the next.
func modified(h http.Header) string {
	at, err := http.ParseTime(h.Get("Last-Modified"))
	if err != nil {
		return ""
	}
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil || date.Sub(at) < settled {
		return ""
	}
	return h.Get("Last-Modified")
}

// size is about what an answer takes in memory.
func (k *kept) size() int {
	const perHeader = 100
	return len(k.body) + perHeader*len(k.header)
}

// ask makes a request conditional: answer only if it has changed.
func (k *kept) ask(h http.Header) {
	if k == nil {
		return
	}
	if tag := k.header.Get("ETag"); tag != "" {
		h.Set("If-None-Match", tag)
		return
	}
	h.Set("If-Modified-Since", modified(k.header))
}

// again returns the answer as if it had been sent anew: the headers of the 304
// beside those that it leaves out, such as those that page through a list.
func (k *kept) again(resp *http.Response) *http.Response {
	header := k.header.Clone()
	for name, values := range resp.Header {
		if !strings.HasPrefix(name, "Content-") {
			header[name] = values
		}
	}
	resp.StatusCode, resp.Status = http.StatusOK, "200 OK"
	resp.Header, resp.ContentLength = header, int64(len(k.body))
	resp.Body = io.NopCloser(bytes.NewReader(k.body))
	return resp
}

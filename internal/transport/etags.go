package transport

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	// maxAnswers bounds what is kept of all answers together, in bytes.
	maxAnswers = 64 << 20
	// settled is how old a change must be for the time of it to tell versions
	// apart: times have seconds, and clocks differ (RFC 9110, 8.8.2.2).
	settled = time.Minute
)

// question is what was asked: a digest of URL and headers, credentials among
// them.
type question [sha256.Size]byte

func questionOf(req *http.Request) question {
	text := &strings.Builder{}
	fmt.Fprintf(text, "%s %s\n", req.Method, req.URL)
	for _, name := range slices.Sorted(maps.Keys(req.Header)) {
		fmt.Fprintf(text, "%s: %q\n", name, req.Header[name])
	}
	return sha256.Sum256([]byte(text.String()))
}

// kept is what a forge has answered, to be asked whether it still holds: a 304
// costs neither side much, and on GitHub none of the rate limit. Nothing of it
// is used without the forge's own 304.
type kept struct {
	header http.Header
	body   []byte
}

// keep returns an answer that the forge can be asked about again, nil for any
// other.
func keep(answer *Answer) *kept {
	h := answer.Header
	if answer.StatusCode != http.StatusOK || answer.Request.Method != http.MethodGet || h.Get("ETag") == "" && modified(h) == "" ||
		strings.Contains(h.Get("Cache-Control"), "no-store") {
		return nil
	}
	return &kept{header: h.Clone(), body: answer.Text}
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
	size := len(k.body)
	for name, values := range k.header {
		size += perHeader + len(name)
		for _, value := range values {
			size += len(value)
		}
	}
	return size
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

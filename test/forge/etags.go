package forge

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

// limit is a rate limit as GitHub counts it: answers of 304 are free.
type limit struct {
	left  int
	reset time.Time
}

// Budget lets the server answer so many more requests until a time, and tell of
// it as GitHub does.
func (f *Forge) Budget(requests int, reset time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.limit = &limit{left: requests, reset: reset}
}

// Left returns how much of the budget is left.
func (f *Forge) Left() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.limit.left
}

// Unchanged returns how many requests were answered with 304.
func (f *Forge) Unchanged() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.unchanged
}

// conditional answers as a server without faults does, or where the client has
// the same already, with 304 and no more headers than that needs.
//
// https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
func (f *Forge) conditional(r *http.Request) *httptest.ResponseRecorder {
	recorded := httptest.NewRecorder()
	if f.dialect.also == nil || !f.dialect.also(recorded, r) {
		f.answer(recorded, r)
	}
	good := f.dialect.etags && recorded.Code == http.StatusOK && r.Method == http.MethodGet
	tag := fmt.Sprintf(`W/"%x"`, sha256.Sum256(recorded.Body.Bytes()))
	same := good && r.Header.Get("If-None-Match") == tag
	out := httptest.NewRecorder()
	if f.limit != nil {
		if !same {
			f.limit.left--
		}
		out.Header().Set("X-RateLimit-Remaining", strconv.Itoa(max(0, f.limit.left)))
		out.Header().Set("X-RateLimit-Reset", strconv.FormatInt(f.limit.reset.Unix(), 10))
		if f.limit.left < 0 {
			f.fail(out, http.StatusForbidden, "API rate limit exceeded")
			return out
		}
	}
	if good {
		out.Header().Set("ETag", tag)
	}
	if same {
		f.unchanged++
		out.WriteHeader(http.StatusNotModified)
		return out
	}
	maps.Copy(out.Header(), recorded.Header())
	out.WriteHeader(recorded.Code)
	write(out, recorded.Body.String())
	return out
}

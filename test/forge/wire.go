package forge

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"time"
)

// right is what the server would answer without a fault.
func (f *Forge) right(r *http.Request) *httptest.ResponseRecorder {
	recorded := httptest.NewRecorder()
	f.answer(recorded, r)
	return recorded
}

// Rewritten answers as the server would, with another status, headers and body.
func (f *Forge) Rewritten(rewrite func(header http.Header, body []byte) (status int, changed []byte)) Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		recorded := f.right(r)
		status, body := rewrite(recorded.Header(), bytes.Clone(recorded.Body.Bytes()))
		maps.Copy(w.Header(), recorded.Header())
		w.WriteHeader(status)
		_, _ = w.Write(body) // the client may have gone
		return true
	}
}

// CutShort answers with the first bytes of what the server would say, as if that
// were all of it; with all of it where that has no more.
func (f *Forge) CutShort(bytes int) Fault {
	return f.Rewritten(func(_ http.Header, body []byte) (int, []byte) {
		return http.StatusOK, body[:min(bytes, len(body))]
	})
}

// CutOff drops the connection after the first bytes of what the server would say.
func (f *Forge) CutOff(bytes int) Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		body := f.right(r).Body.String()
		return raw(w, fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
			len(body)+1, body[:min(bytes, len(body))]))
	}
}

// Partial answers with a part of a list, and says so.
func (f *Forge) Partial() Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !f.lists(r) {
			return false
		}
		w.Header().Set("Content-Range", "items 0-0/2")
		answer(w, http.StatusPartialContent, f.dialect.wrap(w, r, slice{number: 1, size: 1, items: []any{}}))
		return true
	}
}

// Stale says that nothing has changed to who has nothing yet.
func Stale() Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.Header.Get("If-None-Match") != "" || r.Header.Get("If-Modified-Since") != "" {
			return false
		}
		w.WriteHeader(http.StatusNotModified)
		return true
	}
}

// Compressed answers with bytes that are said to be compressed: garbage, or a
// part of what would be right.
func (f *Forge) Compressed(garbage string) Fault {
	return f.Rewritten(func(header http.Header, body []byte) (int, []byte) {
		header.Set("Content-Encoding", "gzip")
		if garbage != "" {
			return http.StatusOK, []byte(garbage)
		}
		var packed bytes.Buffer
		writer := gzip.NewWriter(&packed)
		_, _ = writer.Write(body) // it is in memory
		_ = writer.Close()
		return http.StatusOK, packed.Bytes()[:packed.Len()/2]
	})
}

// Drip answers a byte at a time until the client gives up.
func Drip() Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		for r.Context().Err() == nil {
			write(w, " ")
			_ = http.NewResponseController(w).Flush() // the client may have gone
			time.Sleep(time.Millisecond)
		}
		return true
	}
}

// Hint sends an answer before the answer.
func Hint() Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Link", "</style.css>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del("Link")
		return false
	}
}

// Raw answers with these bytes, whatever HTTP says, and closes the connection.
func Raw(text string) Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool { return raw(w, text) }
}

func raw(w http.ResponseWriter, text string) bool {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return false
	}
	_, _ = io.WriteString(connection, text) // the client may have gone
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.CloseWrite() // so that what was written arrives
	}
	_ = connection.Close() // it is broken on purpose
	return true
}

// Unsafe sends the client to the same address without TLS.
func Unsafe() Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		redirect(w, http.StatusFound, "http://"+r.Host+r.URL.RequestURI())
		return true
	}
}

// Round sends the client round in a circle.
func Round() Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		redirect(w, http.StatusTemporaryRedirect, r.URL.EscapedPath()+"?"+r.URL.RawQuery)
		return true
	}
}

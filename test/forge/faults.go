package forge

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
)

func write(w http.ResponseWriter, text string) {
	_, _ = io.WriteString(w, text) // the client may have gone
}

// Status answers with a code and headers, given as name and value.
func Status(code int, headers ...string) Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		answer(w, code, map[string]string{"message": http.StatusText(code)})
		return true
	}
}

// Body answers 200 with a body of a content type.
func Body(contentType, body string) Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", contentType)
		write(w, body)
		return true
	}
}

// SignInPage answers with a web page and a code, as a proxy in front of a forge
// does, or Azure DevOps with 203 for an expired token.
func SignInPage(code int) Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(code)
		write(w, "<html><title>Sign in</title></html>")
		return true
	}
}

// Redirect sends the client elsewhere.
func Redirect(to string) Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == to {
			return SignInPage(http.StatusOK)(w, r)
		}
		http.Redirect(w, r, to, http.StatusFound)
		return true
	}
}

// Truncated promises more than it sends.
func Truncated() Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "1000")
		write(w, `[{"number": 1, "title": "cut o`)
		return true
	}
}

// Huge answers with more than anybody should read, in MiB.
func Huge(mebibytes int) Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		write(w, "[\"")
		for range mebibytes {
			write(w, strings.Repeat("x", 1<<20))
		}
		write(w, "\"]")
		return true
	}
}

// Bomb answers with little that unpacks to more than anybody should read, in MiB.
func Bomb(mebibytes int) Fault {
	var packed bytes.Buffer
	writer := gzip.NewWriter(&packed)
	for range mebibytes {
		_, _ = writer.Write(make([]byte, 1<<20)) // it is in memory
	}
	_ = writer.Close()
	return func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Encoding", "gzip")
		write(w, packed.String())
		return true
	}
}

// Echo repeats what it was sent, token and all, in an error.
func Echo() Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		answer(w, http.StatusForbidden, map[string]string{"message": fmt.Sprintf("%v %v is %s", r.Header, r.URL, Token)})
		return true
	}
}

// Endless answers each page with the first one, and says that another follows.
func (f *Forge) Endless() {
	page, wrap := f.dialect.page, f.dialect.wrap
	f.dialect.page = func(r *http.Request) (int, int) {
		_, size := page(r)
		return 1, size
	}
	f.dialect.wrap = func(w http.ResponseWriter, r *http.Request, p slice) any {
		number, _ := page(r)
		p.number, p.total = number, (number+1)*p.size
		return wrap(w, r, p)
	}
}

// EndsEarly answers the first page as if it were the last one, but counts all.
func (f *Forge) EndsEarly() {
	wrap := f.dialect.wrap
	f.dialect.wrap = func(w http.ResponseWriter, r *http.Request, p slice) any {
		body := wrap(w, r, p)
		w.Header().Del("Link")
		w.Header().Del("X-Next-Page")
		return body
	}
}

// Reset drops the connection without an answer.
func Reset() Fault {
	return func(w http.ResponseWriter, _ *http.Request) bool {
		connection, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return false
		}
		if tcp, ok := connection.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0) // a reset, in the place of an orderly end
		}
		_ = connection.Close() // it is broken on purpose
		return true
	}
}

// Hang answers nothing until the client gives up.
func Hang() Fault {
	return func(_ http.ResponseWriter, r *http.Request) bool {
		<-r.Context().Done()
		return true
	}
}

// Meanwhile changes the requests while one is being answered.
func (f *Forge) Meanwhile(change func(all []*Request)) Fault {
	return func(http.ResponseWriter, *http.Request) bool {
		change(f.requests)
		return false
	}
}

// SamePage answers every page as if the first one had been asked for.
func (f *Forge) SamePage() Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		page := f.dialect.page
		defer func() { f.dialect.page = page }()
		f.dialect.page = func(r *http.Request) (int, int) {
			_, size := page(r)
			return 1, size
		}
		f.answer(w, r)
		return true
	}
}

// EmptyList answers a list with nothing, and single requests as they are.
func (f *Forge) EmptyList() Fault {
	return func(w http.ResponseWriter, r *http.Request) bool {
		if !f.lists(r) {
			return false
		}
		answer(w, http.StatusOK, f.dialect.wrap(w, r, slice{number: 1, size: 1, items: []any{}}))
		return true
	}
}

// lists reports whether requests are asked for, and not a single one.
func (f *Forge) lists(r *http.Request) bool {
	if f.dialect.serve != nil {
		return strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListPullRequests")
	}
	return r.URL.EscapedPath() == f.dialect.api+f.dialect.endpoints[0].path
}

// Pages lets no page hold more than so many items.
func (f *Forge) Pages(most int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dialect.most = most
}

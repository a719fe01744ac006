package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/transport"
)

const secret = "s3cret-token-of-a-tenant"

// listener is a server that is told things.
type listener struct {
	*httptest.Server
	t  *testing.T
	mu sync.Mutex
	// told are the methods, paths and bodies of what it was told.
	told []string
	// answer is what it says to the next requests.
	answer http.HandlerFunc
	pools  *transport.Pools
	now    time.Time
}

func newListener(t *testing.T) *listener {
	t.Helper()
	f := &listener{t: t, now: time.Now()}
	f.pools = transport.NewPools(func() time.Time { return f.now }, transport.LocalNetworks())
	f.Server = httptest.NewServer(http.HandlerFunc(f.hear))
	t.Cleanup(f.Close)
	return f
}

func (f *listener) hear(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Error(err)
	}
	f.mu.Lock()
	f.told = append(f.told, fmt.Sprintf("%s %s %s", r.Method, r.URL.Path, body))
	f.mu.Unlock()
	f.answer(w, r)
}

// heard is what it was told so far.
func (f *listener) heard() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.told)
}

// says is an answer in JSON.
func says(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body) // who has left, has left
	}
}

// tell sends a request with a body, none when it is empty.
func (f *listener) tell(method, body string, into any) error {
	f.t.Helper()
	client := transport.NewClient(transport.Config{
		URL: f.URL, Credentials: transport.Credentials{Username: "flux", Password: secret}, Pools: f.pools,
	}, transport.Dialect{Says: transport.Field("message")})
	var text io.Reader
	if body != "" {
		text = bytes.NewBufferString(body)
	}
	req, err := http.NewRequestWithContext(f.t.Context(), method, f.URL+"/comments/1", text)
	if err != nil {
		f.t.Fatal(err)
	}
	req.SetBasicAuth("flux", secret)
	_, err = transport.Do(client, req, into)
	return err
}

func TestWhatIsWrittenIsASuccessWithAny2xx(t *testing.T) {
	for name, c := range map[string]struct {
		method, body string
		code         int
		answer       string
	}{
		"a comment is created":               {http.MethodPost, `{"body": "hi"}`, http.StatusCreated, `{"id": 7}`},
		"a comment is created, and no more":  {http.MethodPost, `{"body": "hi"}`, http.StatusCreated, ""},
		"a comment is replaced":              {http.MethodPut, `{"body": "ho"}`, http.StatusOK, `{"id": 7}`},
		"a comment is changed":               {http.MethodPatch, `{"body": "ha"}`, http.StatusOK, `{"id": 7}`},
		"a comment is deleted":               {http.MethodDelete, "", http.StatusNoContent, ""},
		"a comment is deleted, with a word":  {http.MethodDelete, "", http.StatusOK, `{"deleted": true}`},
		"a deployment is to be made":         {http.MethodPost, `{"ref": "main"}`, http.StatusAccepted, `{"message": "queued"}`},
		"a status is set, and there it is":   {http.MethodPost, `{"state": "success"}`, http.StatusResetContent, ""},
		"a review is created without a word": {http.MethodPost, "", http.StatusOK, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := newListener(t)
			f.answer = says(c.code, c.answer)
			if err := f.tell(c.method, c.body, nil); err != nil {
				t.Error(err)
			}
			if want := c.method + " /comments/1 " + c.body; len(f.heard()) != 1 || f.heard()[0] != want {
				t.Errorf("it heard %q, want %q", f.heard(), want)
			}
		})
	}
}

func TestWhatIsWrittenCanBeReadBack(t *testing.T) {
	f := newListener(t)
	f.answer = says(http.StatusCreated, `{"id": 7}`)
	var made struct{ ID int }
	if err := f.tell(http.MethodPost, `{}`, &made); err != nil || made.ID != 7 {
		t.Errorf("made %d: %v", made.ID, err)
	}
	f.answer = says(http.StatusCreated, "")
	if err := f.tell(http.MethodPost, `{}`, &made); !errors.Is(err, transport.ErrInvalidAnswer) || !strings.Contains(err.Error(), "201 Created") {
		t.Errorf("an answer without a word is one: %v", err)
	}
}

func TestAQuestionIsASuccessWith200Alone(t *testing.T) {
	for _, code := range []int{http.StatusCreated, http.StatusAccepted, http.StatusNoContent} {
		f := newListener(t)
		f.answer = says(code, `{"id": 7}`)
		if err := f.tell(http.MethodGet, "", nil); !errors.Is(err, transport.ErrInvalidAnswer) {
			t.Errorf("%d: %v", code, err)
		}
	}
}

func TestWhatIsRefusedSaysWhatHappenedAndIsSentOnce(t *testing.T) {
	page := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(code)
			_, _ = io.WriteString(w, "<html>sign in") // who has left, has left
		}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   error
		words  string
	}{
		"a token that may not write":      {says(http.StatusForbidden, `{"message": "no write access"}`), transport.ErrForbidden, "403 Forbidden (no write access)"},
		"a token that has expired":        {says(http.StatusUnauthorized, `{}`), transport.ErrUnauthorized, "401 Unauthorized"},
		"a page to sign in, with 203":     {page(http.StatusNonAuthoritativeInfo), transport.ErrUnauthorized, "203"},
		"a page to sign in, with 200":     {page(http.StatusOK), transport.ErrInvalidAnswer, "200 OK with a web page instead of JSON"},
		"a page to sign in, with 201":     {page(http.StatusCreated), transport.ErrInvalidAnswer, "201 Created with a web page instead of JSON"},
		"a comment that is gone":          {says(http.StatusNotFound, `{}`), transport.ErrNotFound, "404 Not Found"},
		"words that are not taken":        {says(http.StatusUnprocessableEntity, `{"message": "body is too long"}`), transport.ErrInvalidAnswer, "422 Unprocessable Entity (body is too long)"},
		"a forge in trouble":              {says(http.StatusBadGateway, `{}`), transport.ErrUnavailable, "502 Bad Gateway"},
		"a secret in what the forge says": {says(http.StatusForbidden, `{"message": "the token `+secret+` may not"}`), transport.ErrForbidden, "(the token *** may not)"},
		"a connection that is cut":        {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, transport.ErrUnavailable, "the connection ended before the answer did"},
	} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch} {
			t.Run(name+" "+method, func(t *testing.T) {
				f := newListener(t)
				f.answer = c.answer
				err := f.tell(method, `{"body": "hi"}`, nil)
				if !errors.Is(err, c.kind) || !strings.Contains(fmt.Sprint(err), c.words) || strings.Contains(fmt.Sprint(err), secret) {
					t.Errorf("got %v", err)
				}
				if strings.Contains(fmt.Sprint(err), "check ") {
					t.Errorf("what to do is not for the transport to say: %v", err)
				}
				if len(f.heard()) != 1 {
					t.Errorf("it was told %d times", len(f.heard()))
				}
			})
		}
	}
}

func TestWhoWantsToBeLeftAloneIsToldNothingEither(t *testing.T) {
	f := newListener(t)
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "60")
		says(http.StatusTooManyRequests, `{}`)(w, r)
	}
	var limited *transport.RateLimited
	for range 3 {
		if err := f.tell(http.MethodPost, `{}`, nil); !errors.As(err, &limited) || limited.Until.Sub(f.now) != time.Minute {
			t.Errorf("got %v", err)
		}
	}
	if len(f.heard()) != 1 {
		t.Errorf("it was told %d times", len(f.heard()))
	}
	f.now, f.answer = f.now.Add(time.Hour), says(http.StatusCreated, "")
	if err := f.tell(http.MethodPost, `{}`, nil); err != nil || len(f.heard()) != 2 {
		t.Errorf("after the wait: %v", err)
	}
}

// A POST that is followed as a GET would look as if it had been written.
func TestARedirectDoesNotMakeAQuestionOfWhatIsWritten(t *testing.T) {
	for code, follows := range map[int]bool{
		http.StatusMovedPermanently: false, http.StatusFound: false, http.StatusSeeOther: false,
		http.StatusTemporaryRedirect: true, http.StatusPermanentRedirect: true,
	} {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			f := newListener(t)
			f.answer = func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/comments/1" {
					http.Redirect(w, r, "/renamed/1", code)
					return
				}
				says(http.StatusOK, `{}`)(w, r)
			}
			err := f.tell(method, `{"body": "hi"}`, nil)
			if (err == nil) != follows {
				t.Errorf("%s with %d: %v", method, code, err)
			}
			if last := f.heard()[len(f.heard())-1]; follows && last != method+` /renamed/1 {"body": "hi"}` || !follows && len(f.heard()) != 1 {
				t.Errorf("%s with %d: it heard %q", method, code, f.heard())
			}
		}
	}
}

func TestNothingIsWrittenInTheClearOrElsewhereAfterARedirect(t *testing.T) {
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	t.Cleanup(other.Close)
	to := ""
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
	}))
	t.Cleanup(server.Close)
	secure, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	config := server.Client().Transport.(*http.Transport).TLSClientConfig
	for _, to = range []string{"http://" + secure.Host + "/comments", other.URL + "/comments"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			client := transport.NewClient(transport.Config{URL: server.URL, TLS: config}, transport.Dialect{})
			req, err := http.NewRequestWithContext(context.Background(), method, server.URL+"/comments", strings.NewReader(secret))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := transport.Do(client, req, nil); err == nil || !strings.Contains(err.Error(), "redirected") || elsewhere != 0 {
				t.Errorf("%s to %s: asked %d times: %v", method, to, elsewhere, err)
			}
		}
	}
}

func TestWhatIsWrittenIsNotRememberedAsAnAnswer(t *testing.T) {
	f := newListener(t)
	f.answer = func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") != "" {
			t.Error("it is asked whether what was written has changed")
		}
		w.Header().Set("ETag", `"1"`)
		says(http.StatusOK, `{}`)(w, r)
	}
	for range 2 {
		for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
			if err := f.tell(method, `{}`, nil); err != nil {
				t.Error(err)
			}
		}
	}
	if len(f.heard()) != 6 {
		t.Errorf("it was told %d times", len(f.heard()))
	}
}

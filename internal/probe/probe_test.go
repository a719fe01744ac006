package probe_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/probe"
	"github.com/eddy-previews/eddy/internal/transport"
)

func codes(t *testing.T, text string) probe.Codes {
	t.Helper()
	out, err := probe.ParseCodes(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// asked is what a prober of a person's own machine says of a server.
func asked(t *testing.T, address, path string) string {
	t.Helper()
	prober := probe.Prober{Transport: transport.LocalNetworks().Transport(), AnyPort: true}
	err := prober.Ask(context.Background(), address, probe.Request{Path: path, Codes: codes(t, probe.DefaultCodes), Timeout: time.Second})
	if err != nil {
		return err.Error()
	}
	return "it answers"
}

func TestWhatIsAnAnswer(t *testing.T) {
	redirect := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for _, c := range []struct {
		claim string
		serve http.HandlerFunc
		want  string
	}{
		{"a page", status(200), "it answers"},
		{"a login in front of it", status(401), "it answers"},
		{"the default backend of an ingress", status(404), "it answers 404"},
		{"no pod behind the Service", status(503), "it answers 503"},
		{"a redirect to a login elsewhere", redirect("https://login.example.com/?next=x"), "it answers"},
		{"a redirect to the credentials of the cloud", redirect("http://169.254.169.254/latest/meta-data"), "it redirects to an address, or to a name of one machine"},
		{"a redirect to an address of IPv6", redirect("http://[fd00:ec2::254]/"), "it redirects to an address, or to a name of one machine"},
		{"a redirect to the machine itself", redirect("http://localhost/"), "it redirects to an address, or to a name of one machine"},
		{"a redirect to the machine itself, as a whole name", redirect("http://localhost./"), "it redirects to an address, or to a name of one machine"},
		{"a redirect to what browsers read as an address", redirect("http://0x7f.1/"), "it redirects to an address, or to a name of one machine"},
		{"a redirect to an address with a digit in a circle", redirect("http://127.0.0.①/"), "it redirects to an address, or to a name of one machine"},
		{"a redirect to what browsers take for their own machine", redirect("http://app.localhost/"), "it redirects to an address, or to a name of one machine"},
		{"a redirect to an address that ends in a dot", redirect("http://127.0.0.1./"), "it redirects to an address, or to a name of one machine"},
		{"a redirect to a file", redirect("file:///etc/passwd"), "it redirects to what is not of the web"},
		{"a redirect within", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/" {
				redirect("/home")(w, r)
			}
		}, "it answers"},
		{"redirects without an end", redirect("/"), "it redirects more than 5 times"},
		{"a body that never ends", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := io.WriteString(w, strings.Repeat("x", 1<<16)); err != nil {
					return
				}
			}
		}, "it answers"},
		{"nothing within the time", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "it does not answer within 1s"},
		{"half an answer", func(w http.ResponseWriter, _ *http.Request) {
			if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
				_ = connection.Close() // that is what it does
			}
		}, "the connection ends without an answer"},
		{"what it says of itself is not repeated", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusTeapot)
			_, _ = io.WriteString(w, "s3cret") // nobody reads it
		}, "it answers 418"},
	} {
		t.Run(c.claim, func(t *testing.T) {
			server := httptest.NewServer(c.serve)
			defer server.Close()
			if got := asked(t, server.URL, "/"); got != c.want {
				t.Errorf("it is %q, want %q", got, c.want)
			}
		})
	}
}

func TestWhereNobodyAnswers(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	tls := httptest.NewTLSServer(nil)
	defer tls.Close()
	tls.Config.ErrorLog = log.New(io.Discard, "", 0) // it says that it was not trusted
	plain := httptest.NewServer(nil)
	defer plain.Close()
	for _, c := range []struct{ claim, address, want string }{
		{"nobody listens", closed.URL, "connection refused"},
		{"a certificate that nobody has signed", tls.URL, "its certificate is signed by an authority that is not known"},
		{"no TLS where there should be", strings.Replace(plain.URL, "http:", "https:", 1), "it does not speak TLS"},
		{"a scheme that is not of the web", "gopher://preview.example.com", "its URL is not one of the web: http://… or https://…"},
		{"no host", "https:///x", "its URL is not one of the web: http://… or https://…"},
		{"not a URL", "https://a b", "its URL is none"},
	} {
		if got := asked(t, c.address, ""); got != c.want {
			t.Errorf("%s: it is %q, want %q", c.claim, got, c.want)
		}
	}
}

func TestTheCertificateOfAnotherHostIsNamed(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it says that it was not trusted
	trusting := server.Client().Transport.(*http.Transport).Clone()
	address := server.Listener.Addr().String()
	trusting.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
	err := probe.Prober{Transport: trusting}.Ask(context.Background(), "https://api-7.preview.test", probe.Request{Codes: codes(t, "200"), Timeout: time.Second})
	if err == nil || err.Error() != `its certificate is for "example.com", "*.example.com"` {
		t.Errorf("it is %v", err)
	}
}

// Whatever a name resolves to, and however often that changes, it is the address
// that is dialled which counts.
func TestWhatMayNotBeAskedIsNot(t *testing.T) {
	reached := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	prober := probe.Prober{Transport: transport.DefaultNetworks().Transport(), AnyPort: true}
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "169.254.169.254", "[fd00:ec2::254]", "[64:ff9b::7f00:1]"} {
		err := prober.Ask(context.Background(), fmt.Sprintf("http://%s:%s/", host, port), probe.Request{Codes: codes(t, "200"), Timeout: time.Second})
		if err == nil || reached {
			t.Errorf("%s was asked: %v", host, err)
		}
	}
	for _, port := range []string{"22", "6443", "10250", "2379"} {
		err := probe.Prober{Transport: transport.LocalNetworks().Transport()}.Ask(context.Background(), "http://127.0.0.1:"+port, probe.Request{Codes: codes(t, "200"), Timeout: time.Second})
		if err == nil || !strings.Contains(err.Error(), "port "+port+" is not asked") {
			t.Errorf("port %s: %v", port, err)
		}
	}
}

func TestARedirectToAPortThatIsNotAskedIsNotFollowed(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://preview.test:10250/pods", http.StatusFound)
	}))
	defer server.Close()
	direct := http.DefaultTransport.(*http.Transport).Clone()
	direct.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}
	err := probe.Prober{Transport: direct}.Ask(context.Background(), "http://preview.test/", probe.Request{Codes: codes(t, "200"), Timeout: time.Second})
	if err == nil || !strings.Contains(err.Error(), "it redirects to where nobody is asked") {
		t.Errorf("it is %v", err)
	}
}

func TestThePathIsBelowTheURL(t *testing.T) {
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = append(got, r.URL.RequestURI()+" "+r.Header.Get("Authorization")+r.UserAgent())
	}))
	defer server.Close()
	with := strings.Replace(server.URL, "http://", "http://ada:s3cret@", 1)
	for _, path := range []string{"", "/healthz?full=1"} {
		if said := asked(t, with+"/app", path); said != "it answers" {
			t.Errorf("%s: %s", path, said)
		}
	}
	if said := asked(t, server.URL, "//evil.example.com/"); !strings.Contains(said, "is no path") {
		t.Errorf("another host is asked: %s", said)
	}
	if want := "/app eddy-probe, /healthz?full=1 eddy-probe"; strings.Join(got, ", ") != want {
		t.Errorf("asked for is %q, want %q", got, want)
	}
}

func TestCodesAreRangesOfStatuses(t *testing.T) {
	all := codes(t, " 200-299 ,404")
	for status, want := range map[int]bool{199: false, 200: true, 299: true, 300: false, 404: true} {
		if all.Hold(status) != want {
			t.Errorf("%d: want %t", status, want)
		}
	}
	for _, text := range []string{"", "ok", "200-", "300-200", "99", "600", "200--300", "2e2"} {
		if _, err := probe.ParseCodes(text); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

package probe_test

import (
	"context"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/probe"
	"github.com/eddy-previews/eddy/internal/transport"
)

// by asks a URL by a way, as on a person's own machine.
func by(t *testing.T, way probe.Way, address string, headers http.Header) string {
	t.Helper()
	prober, err := probe.Prober{Networks: transport.LocalNetworks(), AnyPort: true}.By(way)
	if err != nil {
		t.Fatal(err)
	}
	err = prober.Ask(context.Background(), address, probe.Request{Codes: codes(t, "200"), Timeout: 5 * time.Second, Headers: headers})
	if err != nil {
		return probe.ResultOf(err) + ": " + err.Error()
	}
	return probe.ResultOf(err)
}

// secure serves as example.com, with a certificate of an authority of its own.
func secure(t *testing.T, serve http.HandlerFunc) (address, authority string) {
	t.Helper()
	server := httptest.NewTLSServer(serve)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // it says that it was not trusted
	t.Cleanup(server.Close)
	return server.Listener.Addr().String(), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func TestAnotherAddressIsConnectedToAndTheHostOfTheURLIsAskedFor(t *testing.T) {
	said := ""
	address, authority := secure(t, func(_ http.ResponseWriter, r *http.Request) { said = r.Host + " " + r.TLS.ServerName })
	trusting := probe.Way{ConnectTo: address, Authorities: authority}
	for _, c := range []struct {
		claim, url string
		way        probe.Way
		want       string
	}{
		{"its certificate is that of the host", "https://example.com/", trusting, "answered"},
		{"its certificate is not that of the host", "https://api-7.preview.test/", trusting, `certificate: its certificate is for "example.com", "*.example.com"`},
		{"nobody knows the authority", "https://example.com/", probe.Way{ConnectTo: address}, "certificate: its certificate is signed by an authority that is not known"},
		{"any certificate will do", "https://api-7.preview.test/", probe.Way{ConnectTo: address, Insecure: true}, "answered"},
		{"an address that is not public", "https://example.com/", probe.Way{ConnectTo: address, PublicOnly: true}, "not-asked: the address 127.0.0.1 is loopback"},
	} {
		if got := by(t, c.way, c.url, nil); got != c.want {
			t.Errorf("%s: it is %q, want %q", c.claim, got, c.want)
		}
	}
	if by(t, trusting, "https://example.com/", nil); said != "example.com example.com" {
		t.Errorf("asked for is %q", said)
	}
}

func TestAWayThatLeadsNowhereIsRefused(t *testing.T) {
	web := probe.Prober{Networks: transport.LocalNetworks()}
	for claim, c := range map[string]struct {
		way  probe.Way
		want string
	}{
		"no port":                     {probe.Way{ConnectTo: "ingress.example.com"}, "is not HOST:PORT"},
		"a port that is not asked":    {probe.Way{ConnectTo: "etcd.kube-system:2379"}, "connectTo: port 2379 is not asked"},
		"an authority that is no PEM": {probe.Way{Authorities: "x"}, "ca.crt has no certificate in it"},
	} {
		if _, err := web.By(c.way); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", claim, err)
		}
	}
	if _, err := web.By(probe.Way{ConnectTo: "ingress-nginx-controller.ingress-nginx:443"}); err != nil {
		t.Error(err)
	}
}

// A token that lets one past a login is for the server that was asked, and nobody
// else, wherever that redirects to.
func TestHeadersGoToTheHostOfTheURLAlone(t *testing.T) {
	var heard []string
	hear := func(as string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			heard = append(heard, as+"="+r.Header.Get("X-Bypass"))
			if to := r.URL.Query().Get("to"); to != "" {
				http.Redirect(w, r, to, http.StatusFound) //nolint:gosec // where to is the test's to say
			}
		}
	}
	first := httptest.NewServer(hear("first"))
	defer first.Close()
	otherPort := httptest.NewServer(hear("other port"))
	defer otherPort.Close()
	headers, err := probe.Headers(map[string][]byte{"X-Bypass": []byte("s3cret\n")})
	if err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"", "/home", otherPort.URL, "http://elsewhere.example.com/"} {
		by(t, probe.Way{}, first.URL+"/?to="+to, headers)
	}
	want := "first=s3cret, first=s3cret, first=s3cret, first=s3cret, other port=, first=s3cret"
	if got := strings.Join(heard, ", "); got != want {
		t.Errorf("heard is %s, want %s", got, want)
	}
}

func TestHeadersThatSayHowToSpeakAreRefusedAndNoValueIsTold(t *testing.T) {
	for name, want := range map[string]string{
		"host":              "Host is not sent",
		"Transfer-Encoding": "Transfer-Encoding is not sent",
		"a b":               "is not the name of a header",
		"X-Line":            "cannot be sent",
	} {
		_, err := probe.Headers(map[string][]byte{name: []byte("s3cret\r\nX: y")})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

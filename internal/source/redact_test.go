package source_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestNoPieceOfASecretIsRepeatedWhereverItIsCut(t *testing.T) {
	const password = "ghp_0123456789abcdefghijklmnopqrstuvwxyz!SECRET"
	basic := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	echoes := map[string]string{
		"as it is": password, "in a URL": url.QueryEscape(password), "in a header": basic("flux:" + password), "without a name": basic(":" + password),
		"by itself in base64": basic(password), "its beginning": password[:20], "its end": password[20:], "its middle": password[12:30],
	}
	for kind, path := range kinds {
		for name, echo := range echoes {
			for _, before := range []int{0, 150, 190, 199, 400} {
				server := forge.Refusing(t, func(*http.Request) string { return strings.Repeat("é", before/2) + " " + echo })
				config := source.Config{Type: kind, URL: server.URL + path, Credentials: transport.Credentials{Username: "flux", Password: password}, Insecure: true}
				_, err := openWith(t, config).List(context.Background(), source.Query{})
				if err == nil || !utf8.ValidString(err.Error()) {
					t.Fatalf("%s: %v", kind, err)
				}
				for at := 0; at+8 <= len(echo); at++ {
					if strings.Contains(err.Error(), echo[at:at+8]) {
						t.Errorf("%s, %s after %d bytes: %v", kind, name, before, err)
						break
					}
				}
				server.Close()
			}
		}
	}
}

func TestWhatIsSentIsNotRepeated(t *testing.T) {
	for kind, path := range kinds {
		t.Run(kind, func(t *testing.T) {
			server := forge.Refusing(t, func(r *http.Request) string {
				return "header " + r.Header.Get("Authorization") + r.Header.Get("Private-Token") + " key " + r.URL.Query().Get("api_key")
			})
			at := server.URL + path
			if kind == v1.InputProviderExternalService {
				at += "?api_key=KEY-IN-QUERY"
			}
			_, err := openWith(t, source.Config{Type: kind, URL: at, Credentials: transport.Credentials{Username: "u", Password: "SECRETPASS"}, Insecure: true}).
				List(context.Background(), source.Query{})
			for _, secret := range []string{"SECRETPASS", base64.StdEncoding.EncodeToString([]byte("u:SECRETPASS")), base64.StdEncoding.EncodeToString([]byte(":SECRETPASS")), "KEY-IN-QUERY"} {
				if err == nil || strings.Contains(err.Error(), secret) {
					t.Errorf("got %v", err)
				}
			}
		})
	}
}

func TestWhatAnAnswerSaysIsNotRepeatedWhereNoForgeDocumentsIt(t *testing.T) {
	const inner = "what-only-the-inside-knows"
	web := func(kind, body string) func(net.Conn) {
		return func(conn net.Conn) {
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 500 %s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", inner, kind, len(body), body)
		}
	}
	for name, serve := range map[string]func(net.Conn){
		"a page":        web("text/html", `{"message": "`+inner+`"}`),
		"another field": web("application/json", `{"detail": "`+inner+`", "data": {"message": "`+inner+`"}}`),
		"an object":     web("application/json", `{"message": {"secret": "`+inner+`"}, "error": ["`+inner+`"]}`),
		"no HTTP":       func(conn net.Conn) { _, _ = fmt.Fprintf(conn, "-ERR %s\r\n", inner) },
		"an odd header": func(conn net.Conn) { _, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", inner) },
		"an odd status": func(conn net.Conn) { _, _ = fmt.Fprintf(conn, "HTTP/1.1 %s\r\n\r\n", inner) },
		"a login of yours": func(conn net.Conn) {
			_, _ = fmt.Fprintf(conn, "HTTP/1.1 401 No\r\nWWW-Authenticate: %s realm=\"%s\"\r\nContent-Length: 0\r\n\r\n", inner, inner)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var listen net.ListenConfig
			listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = listener.Close() })
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					go func() {
						defer conn.Close() //nolint:errcheck // a test is over
						_, _ = conn.Read(make([]byte, 64<<10))
						serve(conn)
					}()
				}
			}()
			at := listener.Addr().String()
			configs := []source.Config{{Type: v1.InputProviderOCIArtifactTag, URL: "oci://" + at + "/a/b", Insecure: true}}
			for kind, path := range kinds {
				configs = append(configs, source.Config{Type: kind, URL: "http://" + at + path, Insecure: true})
			}
			for _, config := range configs {
				if _, err := openWith(t, config).List(context.Background(), source.Query{}); err == nil || strings.Contains(err.Error(), inner) {
					t.Errorf("%s: %v", config.Type, err)
				}
			}
		})
	}
}

package e2e_test

import (
	"context"
	"image/png"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// screenshot takes the page of a pull request as a browser shows it; with -record it is
// the one in the docs. Where there is no browser nothing is taken.
func screenshot(t *testing.T, pr actors.PullRequest) {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("no screenshot is taken: apt-get install chromium")
	}
	must(t, world.Forge.Show(t.Context()))
	defer func() {
		if err := world.Forge.Hide(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	page, err := url.Parse(world.Forge.Page(pr))
	must(t, err)
	styled := httptest.NewServer(dressed(t, page))
	defer styled.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	taken := filepath.Join(t.TempDir(), "request.png")
	// Pictures of people come from elsewhere, which is not asked.
	command := exec.CommandContext(ctx, browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
		"--disable-background-networking", "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--timeout=10000",
		"--user-data-dir="+t.TempDir(), "--window-size=1000,1100", "--screenshot="+taken, styled.URL+page.Path)
	command.WaitDelay = time.Second
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file, err := os.Open(taken)
	must(t, err)
	defer file.Close() //nolint:errcheck // it is only read
	shown, err := png.Decode(file)
	must(t, err)
	colours := map[any]bool{}
	for at := range shown.Bounds().Dy() {
		colours[shown.At(shown.Bounds().Dx()/4, at)] = true
	}
	if len(colours) < 5 {
		t.Errorf("the page is empty: a line through it has %d colours", len(colours))
	}
	if *record {
		must(t, os.MkdirAll(filepath.Join(world.Programs.Root, "docs", "images"), 0o750))
		content, err := os.ReadFile(taken)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(world.Programs.Root, "docs", "images", "request.png"), content, 0o600))
	}
}

// utilities are those of the classes that Gitea's style sheets leave to a generator
// without which the page would be another.
const utilities = `
.tw-hidden { display: none !important } .tw-flex { display: flex } .tw-inline-flex { display: inline-flex } .tw-items-center { align-items: center }
.tw-justify-between { justify-content: space-between } .tw-flex-1 { flex: 1 } .tw-gap-1 { gap: .25rem } .tw-gap-2 { gap: .5rem } .tw-mr-1 { margin-right: .25rem }
.tw-mr-2 { margin-right: .5rem } .tw-ml-2 { margin-left: .5rem } .tw-mb-2 { margin-bottom: .5rem } .tw-mb-4 { margin-bottom: 1rem } .tw-text-center { text-align: center }
`

// dressed is Gitea with its style sheets as they stand in its module, which has none that
// are built, and without its scripts.
func dressed(t *testing.T, gitea *url.URL) http.Handler {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "code.gitea.io/gitea")
	list.Dir = filepath.Join(world.Programs.Root, "test", "cluster", "tools", "gitea")
	found, err := list.Output()
	must(t, err)
	sheets := filepath.Join(strings.TrimSpace(string(found)), "web_src", "css")
	index, err := os.ReadFile(filepath.Join(sheets, "index.css"))
	must(t, err)
	mux := http.NewServeMux()
	mux.Handle("/", &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: gitea.Scheme, Host: gitea.Host})
		r.Out.Host = gitea.Host
	}})
	mux.HandleFunc("/assets/js/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript") // it is empty: of one that is missing the page warns in a window
	})
	mux.HandleFunc("/assets/css/index.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		_, _ = w.Write([]byte(string(index) + utilities)) // the browser may have left
	})
	css := http.FileServer(http.Dir(sheets))
	mux.Handle("/assets/css/", http.StripPrefix("/assets/css", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/theme-") {
			r.URL.Path = "/themes" + r.URL.Path
		}
		css.ServeHTTP(w, r)
	})))
	return mux
}

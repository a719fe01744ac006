package remote_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/remote"
	"github.com/eddy-previews/eddy/internal/transport"
)

// refused fails unless a build is refused in these words, with the place in the
// overlay where it is named.
func refused(t *testing.T, claim string, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v does not say %q", claim, err, word)
		}
	}
}

const where = "app/kustomization.yaml:3: resources: "

func TestAnAddressThatIsNotHTTPSIsRefusedByName(t *testing.T) {
	h := newHost(t)
	plain := httptest.NewServer(h.Config.Handler)
	defer plain.Close()
	for entry, why := range map[string]string{
		plain.URL + "/config.yaml":                       "plain http is not fetched",
		"HTTP" + strings.TrimPrefix(plain.URL, "http"):   "plain http is not fetched",
		"git::" + plain.URL + "/org/base":                "plain http is not fetched",
		"file:///etc/passwd":                             "file:// is not fetched",
		"FILE:///x?ref=v1":                               "FILE:// is not fetched",
		"git::file:///x":                                 "file:// is not fetched",
		"ssh://git@host.invalid/org/base":                "ssh:// is not fetched",
		"git@host.invalid:org/base":                      "nothing is fetched by ssh",
		"git@github.com:org/base":                        "nothing is fetched by ssh",
		"git://host.invalid/org/base":                    "git:// is not fetched",
		"oci://host.invalid/org/base":                    "oci:// is not fetched",
		"s3::HOST/x":                                     "s3:: is not fetched",
		"ext::touch% /tmp/x":                             "ext:: is not fetched",
		"gh:org/base":                                    "neither a file nor an address",
		"HOST/org/base?ref=--upload-pack=touch%20/tmp/x": "begins with a dash",
		"HOST/org/base?version=-x":                       "begins with a dash",
		"file:///x?ref=--upload-pack=touch%20/tmp/pwned": "begins with a dash",
		"github.com/org/base?ref=-x":                     "begins with a dash",
		"https://me:hunter2@host.invalid/org/base":       "has a password in it",
		"https:///org/base":                              "names no host",
		"\"https://host.invalid/org/base//a?ref=%zz\"":   "cannot be read",
		"git::https://host.invalid/":                     "names no repository",
	} {
		_, err := h.build(t, h.fetcher(), app("resources", entry))
		refused(t, entry, err, where, why)
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v repeats a password", err)
		}
	}
	if n := h.asked.Load(); n != 0 {
		t.Errorf("somebody was asked %d times", n)
	}
}

func TestNobodyIsSentToPlainHTTPOrToThisMachine(t *testing.T) {
	h := newHost(t)
	h.repository(t, "base", base)
	asked := false
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer plain.Close()
	h.mux.Handle("/plain.yaml", http.RedirectHandler(plain.URL+"/x.yaml", http.StatusFound))
	h.mux.Handle("/moved/base/info/refs", http.RedirectHandler(plain.URL+"/moved/base/info/refs?service=git-upload-pack", http.StatusFound))
	h.mux.Handle("/login.yaml", http.RedirectHandler(strings.Replace(h.URL, "//", "//me:you@", 1)+"/x.yaml", http.StatusFound))
	h.mux.Handle("/round.yaml", http.RedirectHandler("/round.yaml", http.StatusFound))
	for entry, why := range map[string]string{
		"HOST/plain.yaml":         "leads to plain http",
		"HOST/moved/base//common": "leads to plain http",
		"HOST/login.yaml":         "a login in it",
		"HOST/round.yaml":         "sent on more than",
	} {
		_, err := h.build(t, h.fetcher(), app("resources", entry))
		refused(t, entry, err, where, why)
	}
	if asked {
		t.Error("the server that speaks plain http was asked")
	}
}

func TestNothingIsFetchedFromThisMachineOrTheLinkOfACloud(t *testing.T) {
	h := newHost(t)
	before := h.asked.Load()
	for _, entry := range []string{
		"HOST/config.yaml", "HOST/org/base//common", "https://169.254.169.254/latest/meta-data.yaml",
		"https://[::1]/x.yaml", "https://[fe80::1]/x.yaml", "https://0.0.0.0/x.yaml", "https://localhost/org/base",
		"https://[::ffff:169.254.169.254]/org/base",
	} {
		_, err := h.build(t, remote.New(transport.DefaultNetworks().Transport()), app("resources", entry))
		refused(t, entry, err, where, "nothing is fetched from there")
	}
	if h.asked.Load() != before {
		t.Error("the host was asked")
	}
}

func TestARepositoryThatIsNotThereIsNamedWithWhatToDo(t *testing.T) {
	h := newHost(t)
	h.repository(t, "base", base)
	h.mux.HandleFunc("/locked/", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	h.serve("/page/", "<html>a page for people</html>")
	h.serve("/odd/base/info/refs", "001e# service=git-upload-pack\n0000zzzz")
	for entry, why := range map[string]string{
		"HOST/org/nothing//common":                     "no git repository that everybody may read",
		"HOST/locked/base//common":                     "no git repository that everybody may read",
		"HOST/page/base//common":                       "no git repository that everybody may read",
		"HOST/odd/base//common":                        "no git repository that everybody may read",
		"HOST/nothing.yaml":                            "404 Not Found",
		"HOST/org/base//common?ref=v2":                 `no branch, tag or whole commit "v2"`,
		"HOST/org/base//nothing":                       `has no file or folder "nothing"`,
		"HOST/org/base?ref=" + strings.Repeat("1", 40): "does not give 1111",
	} {
		_, err := h.build(t, h.fetcher(), app("resources", entry))
		refused(t, entry, err, where, why)
	}
	_, err := h.build(t, h.fetcher(), app("crds", "github.com/org/base"))
	refused(t, "a repository in the place of a file", err, "kustomize takes a single file here")
}

func TestWhatIsFetchedIsNotLeft(t *testing.T) {
	h := newHost(t)
	h.repository(t, "base", base+"-- up/kustomization.yaml --\nresources: [../../secret.yaml]\n-- home/kustomization.yaml --\nresources: [../link/kustomization.yaml, ../linked]\n")
	dir := filepath.Join(h.folder, "org", "base")
	for name, target := range map[string]string{
		"out": "/etc", "above": "../..", "round": "round", "deploy/hosts.yaml": "/etc/hosts", "linked": "common", "link": "part/../common",
	} {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	h.git(t, "base", "update-index", "--add", "--cacheinfo", "160000,"+h.git(t, "base", "rev-parse", "HEAD")+",sub")
	h.git(t, "base", "add", "out", "above", "round", "deploy", "linked", "link")
	if err := os.WriteFile(filepath.Join(dir, "target"), []byte(strings.Repeat("part/../", 600)+"common"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.git(t, "base", "update-index", "--add", "--cacheinfo", "120000,"+h.git(t, "base", "hash-object", "-w", "target")+",long")
	h.git(t, "base", "commit", "-q", "-m", "links")
	for entry, why := range map[string]string{
		"HOST/org/base//out":               "leads out of what was fetched",
		"HOST/org/base//out/passwd":        "leads out of what was fetched",
		"HOST/org/base//above":             "leads out of what was fetched",
		"HOST/org/base//above/app":         "leads out of what was fetched",
		"HOST/org/base//round":             "is a link to a link",
		"HOST/org/base//long":              "is a link of more than 4096 bytes",
		"HOST/org/base//deploy/hosts.yaml": "leads out of what was fetched",
		"HOST/org/base//up":                "leads out of what was fetched",
		"HOST/org/base//../x":              "leads out of what was fetched",
		"HOST/org/base//..%2f..%2fx":       "leads out of what was fetched",
		"HOST/org/base//sub":               "is in a submodule, and none is followed",
		"HOST/org/base//sub/deploy":        "is in a submodule, and none is followed",
	} {
		_, err := h.build(t, h.fetcher(), app("resources", entry)+"-- secret.yaml --\n"+configMap("secret"))
		refused(t, entry, err, where, why)
	}
	if got, err := h.build(t, h.fetcher(), app("resources", "HOST/org/base//linked")); err != nil || got != "ConfigMap/my-common" {
		t.Errorf("a link inside: %q, %v", got, err)
	}
}

func TestWhatWasFetchedIsVettedLikeTheRest(t *testing.T) {
	h := newHost(t)
	h.serve("/helm.yaml", "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: it}\nname: chart\nrepo: https://host.invalid\n")
	h.serve("/exec.yaml", "apiVersion: example.com/v1\nkind: Runner\nmetadata: {name: it, annotations: {config.kubernetes.io/function: \"exec: {path: /bin/touch}\"}}\n")
	h.repository(t, "helm", "-- a/kustomization.yaml --\nhelmCharts: [{name: chart, repo: \"https://host.invalid\"}]\n")
	h.repository(t, "exec", "-- a/kustomization.yaml --\ntransformers: [exec.yaml]\n-- a/exec.yaml --\napiVersion: example.com/v1\nkind: Runner\nmetadata: {name: it}\n")
	h.repository(t, "ref", "-- a/kustomization.yaml --\ntransformers: [\"file:///x?ref=--upload-pack=touch%20/tmp/x\"]\n")
	for claim, it := range map[string]struct{ field, entry, why string }{
		"a chart":                      {"resources", "HOST/org/helm//a", "Flux does not run helm"},
		"a plugin":                     {"resources", "HOST/org/exec//a", "none of kustomize's own"},
		"an option of git":             {"resources", "HOST/org/ref//a", "begins with a dash"},
		"a generator that is a file":   {"generators", "HOST/helm.yaml", "Flux does not run helm"},
		"a transformer that is a file": {"transformers", "HOST/exec.yaml", "none of kustomize's own"},
		"a transformer of a folder":    {"transformers", "HOST/org/exec//a", "do nothing else"},
	} {
		_, err := h.build(t, h.fetcher(), app(it.field, it.entry))
		refused(t, claim, err, it.why)
	}
}

func TestRepositoriesThatBuildUponEachOtherEnd(t *testing.T) {
	h := newHost(t)
	h.repository(t, "one", "-- a/kustomization.yaml --\nresources: [\"HOST/org/two//b\"]\n")
	h.repository(t, "two", "-- b/kustomization.yaml --\nresources: [\"HOST/org/one//a\"]\n")
	_, err := h.build(t, h.fetcher(), app("resources", "HOST/org/one//a"))
	refused(t, "a cycle", err, where, "builds upon itself", "org/one at HEAD: a/kustomization.yaml:1", "org/two at HEAD: b/kustomization.yaml:1")

	var chain strings.Builder
	for _, n := range "0123456789" {
		chain.WriteString("-- " + string(n) + "/kustomization.yaml --\nresources: [\"HOST/org/chain//" + string(n+1) + "?ref=t" + string(n) + "\"]\n")
	}
	h.repository(t, "chain", chain.String())
	for _, n := range "0123456789" {
		h.git(t, "chain", "tag", "t"+string(n))
	}
	_, err = h.build(t, h.fetcher(), app("resources", "HOST/org/chain//0"))
	refused(t, "a long chain", err, "8 times over")
}

func TestWhatIsFetchedHasBounds(t *testing.T) {
	h := newHost(t)
	h.mux.HandleFunc("/large.yaml", func(w http.ResponseWriter, _ *http.Request) {
		for range 11 {
			_, _ = w.Write(bytes.Repeat([]byte("#"), 1<<20))
		}
	})
	h.mux.HandleFunc("/endless/info/refs", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
		line := func(text string) error {
			_, err := fmt.Fprintf(w, "%04x%s\n", len(text)+5, text)
			return err
		}
		_ = line("# service=git-upload-pack") // the client goes when it has enough
		_, _ = w.Write([]byte("0000"))
		_ = line(strings.Repeat("1", 40) + " HEAD\x00ofs-delta")
		for n := 0; line(fmt.Sprintf("%s refs/heads/%d%s", strings.Repeat("2", 40), n, strings.Repeat("x", 4000))) == nil; n++ {
		}
	})
	h.repository(t, "bomb", "-- a/kustomization.yaml --\nresources: [x.yaml]\n")
	if err := os.WriteFile(filepath.Join(h.folder, "org", "bomb", "zeros"), make([]byte, 9<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	h.repository(t, "bomb", "")
	h.repository(t, "heavy", "-- a/large.yaml --\n"+strings.Repeat("# a line of a large file\n", 11<<20/25))
	for entry, why := range map[string]string{
		"HOST/large.yaml":              "larger than 10 MiB",
		"HOST/org/heavy//a/large.yaml": "larger than 10 MiB",
		"HOST/org/bomb//a":             "comes to more than 8 MiB",
		"HOST/endless//a":              "more than 12 MiB come",
	} {
		fetcher := h.fetcher()
		fetcher.Limits.Unpacked, fetcher.Limits.Received = 8<<20, 12<<20
		_, err := h.build(t, fetcher, app("resources", entry))
		refused(t, entry, err, where, why)
	}
	many := app("resources", "HOST/0.yaml")
	for n := range 100 {
		name := "/" + strings.Repeat("x", n) + ".yaml"
		h.serve(name, "# nothing\n")
		many += "- HOST" + name + "\n"
	}
	h.serve("/0.yaml", "# nothing\n")
	_, err := h.build(t, h.fetcher(), many)
	refused(t, "too many addresses", err, "more than 100 addresses")
}

func TestAServerThatDoesNotAnswerIsNotWaitedForForEver(t *testing.T) {
	h := newHost(t)
	over := make(chan struct{})
	defer close(over)
	h.mux.HandleFunc("/slow.yaml", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		<-over
	})
	fetcher := h.fetcher()
	fetcher.Limits.Time = 50 * time.Millisecond
	_, err := h.build(t, fetcher, app("resources", "HOST/slow.yaml"))
	refused(t, "slow", err, where, "takes longer than 50ms")
}

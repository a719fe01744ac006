package remote_test

import (
	"net/http"
	"testing"
)

// base is a repository with a base, one that it builds upon, and a component.
var base = "-- deploy/kustomization.yaml --\nresources: [own.yaml, ../common]\n" +
	"-- deploy/own.yaml --\n" + configMap("own") +
	"-- common/kustomization.yaml --\nresources: [config.yaml]\n" +
	"-- common/config.yaml --\n" + configMap("common") +
	"-- part/kustomization.yaml --\napiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [config.yaml]\n" +
	"-- part/config.yaml --\n" + configMap("part")

// prefix are settings of one of kustomize's own transformers.
const prefix = "apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: it}\nprefix: \"their-\"\nfieldSpecs: [{path: metadata/name}]\n"

// stocked is a host with two versions of a base, one that builds upon what is at
// other addresses, and a few files. It returns the first commit of the base.
func stocked(t *testing.T) (h *host, first string) {
	t.Helper()
	h = newHost(t)
	h.repository(t, "base", base)
	h.git(t, "base", "tag", "-a", "v1", "-m", "the first")
	first = h.git(t, "base", "rev-parse", "HEAD")
	h.repository(t, "base", "-- deploy/own.yaml --\n"+configMap("second"))
	h.repository(t, "chain", "-- a/kustomization.yaml --\nresources: [HOST/plain/config.yaml, \"HOST/org/base//common?ref=v1\"]\n")
	h.repository(t, "named.git", base)
	h.serve("/plain/config.yaml", configMap("plain"))
	h.serve("/raw/no-ending", configMap("no-ending"))
	h.serve("/plain/patch.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain, annotations: {a: b}}\n")
	h.serve("/prefix.yaml", prefix)
	h.mux.Handle("/moved.yaml", http.RedirectHandler("/plain/config.yaml", http.StatusFound))
	return h, first
}

func TestWhatAnOverlayNamesByAddressIsFetched(t *testing.T) {
	h, first := stocked(t)
	for claim, it := range map[string]struct{ archive, want string }{
		"a base in a folder":                  {app("resources", "HOST/org/base//deploy"), "ConfigMap/my-second ConfigMap/my-common"},
		"that has no double slash":            {app("resources", "HOST/org/base/deploy"), "ConfigMap/my-second ConfigMap/my-common"},
		"at a tag":                            {app("resources", "HOST/org/base//deploy?ref=v1"), "ConfigMap/my-own ConfigMap/my-common"},
		"as versions were called":             {app("resources", "HOST/org/base//deploy?version=v1"), "ConfigMap/my-own ConfigMap/my-common"},
		"at a branch":                         {app("resources", "HOST/org/base//deploy?ref=main&timeout=1s&submodules=true"), "ConfigMap/my-second ConfigMap/my-common"},
		"at a whole ref":                      {app("resources", "HOST/org/base//deploy?ref=refs/tags/v1"), "ConfigMap/my-own ConfigMap/my-common"},
		"at a commit":                         {app("resources", "HOST/org/base//deploy?ref="+first), "ConfigMap/my-own ConfigMap/my-common"},
		"as git itself is told":               {app("resources", "git::HOST/org/base//deploy?ref=v1"), "ConfigMap/my-own ConfigMap/my-common"},
		"a repository that is called .git":    {app("resources", "HOST/org/named.git/common"), "ConfigMap/my-common"},
		"a component":                         {app("components", "HOST/org/base//part?ref=v1"), "ConfigMap/my-part"},
		"a file of a repository":              {app("resources", "HOST/org/base//common/config.yaml?ref=v1"), "ConfigMap/my-common"},
		"a plain file":                        {app("resources", "HOST/plain/config.yaml"), "ConfigMap/my-plain"},
		"a plain file that has no ending":     {app("resources", "HOST/raw/no-ending?ref=x"), "ConfigMap/my-no-ending"},
		"a plain file that has moved":         {app("resources", "HOST/moved.yaml"), "ConfigMap/my-plain"},
		"a patch":                             {app("resources", "HOST/plain/config.yaml\npatches:\n- path: HOST/plain/patch.yaml"), "ConfigMap/my-plain"},
		"a file for a ConfigMap":              {app("configMapGenerator", "{name: made, files: [\"k=HOST/plain/patch.yaml\"], options: {disableNameSuffixHash: true}}"), "ConfigMap/my-made"},
		"two folders of one commit":           {app("resources", "HOST/org/base//common?ref=v1\n- HOST/org/base//deploy/own.yaml?ref=v1"), "ConfigMap/my-common ConfigMap/my-own"},
		"what was fetched may fetch in turn":  {app("resources", "HOST/org/chain//a"), "ConfigMap/my-plain ConfigMap/my-common"},
		"the settings of a kustomize plugin":  {app("resources", "HOST/plain/config.yaml\ntransformers: [HOST/prefix.yaml]"), "ConfigMap/their-my-plain"},
		"a base by what the fleet has itself": {app("resources", "../mid") + "-- mid/kustomization.yaml --\nresources: [\"HOST/org/base//common\"]\n", "ConfigMap/my-common"},
	} {
		if got, err := h.build(t, h.fetcher(), it.archive); err != nil || got != it.want {
			t.Errorf("%s: %q, %v", claim, got, err)
		}
	}
	if n := h.logins.Load(); n != 0 {
		t.Errorf("%d requests said who asks", n)
	}
}

func TestWhatIsNamedTwiceIsFetchedOnce(t *testing.T) {
	h, _ := stocked(t)
	fetcher := h.fetcher()
	var told []string
	fetcher.Announce = func(address string) { told = append(told, address) }
	two := app("resources", "HOST/org/base//common?ref=v1\n- HOST/org/base//deploy/own.yaml?ref=v1")
	for range 2 {
		if _, err := h.build(t, fetcher, two); err != nil {
			t.Fatal(err)
		}
	}
	if len(told) != 1 || told[0] != h.URL+"/org/base at v1" {
		t.Errorf("fetched were %v", told)
	}
}

func TestWithoutARemoteNobodyIsAsked(t *testing.T) {
	h, _ := stocked(t)
	got, err := h.build(t, nil, app("resources", "own.yaml\n- HOST/org/base//deploy\n- HOST/plain/config.yaml")+"-- app/own.yaml --\n"+configMap("own"))
	if err != nil || got != "ConfigMap/my-own" {
		t.Errorf("%q, %v", got, err)
	}
	if n := h.asked.Load(); n != 0 {
		t.Errorf("the host was asked %d times", n)
	}
}

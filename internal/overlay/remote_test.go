package overlay_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"

	"github.com/eddy-previews/eddy/internal/overlay"
)

// ownFile is a manifest that every overlay of these tests has beside what is
// hostile, so that something is left to build.
const ownFile = `
-- app/own.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: own}
data: {key: value}
`

// spot is a place for names: before, then as many items as there are names, then
// after. One without after has room for a single name.
type spot struct{ before, item, after string }

// Each field of a kustomization.yaml that names files or folders.
var remoteFields = map[string]spot{
	"resources":                      {`resources: [own.yaml, `, `"ADDRESS"`, `]`},
	"bases":                          {`bases: [`, `"ADDRESS"`, `]`},
	"components":                     {`components: [`, `"ADDRESS"`, `]`},
	"crds":                           {`crds: [`, `"ADDRESS"`, `]`},
	"configurations":                 {`configurations: [`, `"ADDRESS"`, `]`},
	"generators":                     {`generators: [`, `"ADDRESS"`, `]`},
	"transformers":                   {`transformers: [`, `"ADDRESS"`, `]`},
	"validators":                     {`validators: [`, `"ADDRESS"`, `]`},
	"openapi.path":                   {`openapi: {path: `, `"ADDRESS"}`, ``},
	"patches.path":                   {`patches: [`, `{path: "ADDRESS", target: {kind: ConfigMap}}`, `]`},
	"patchesStrategicMerge":          {`patchesStrategicMerge: [`, `"ADDRESS"`, `]`},
	"patchesJson6902.path":           {`patchesJson6902: [`, `{path: "ADDRESS", target: {version: v1, kind: ConfigMap, name: own}}`, `]`},
	"replacements.path":              {`replacements: [`, `{path: "ADDRESS"}`, `]`},
	"configMapGenerator.files":       {`configMapGenerator: [{name: g, files: [`, `"ADDRESS"`, `]}]`},
	"configMapGenerator.files keyed": {`configMapGenerator: [{name: g, files: [`, `"key=ADDRESS"`, `]}]`},
	"configMapGenerator.envs":        {`configMapGenerator: [{name: g, envs: [`, `"ADDRESS"`, `]}]`},
	"configMapGenerator.env":         {`configMapGenerator: [{name: g, env: `, `"ADDRESS"}]`, ``},
	"secretGenerator.files":          {`secretGenerator: [{name: g, files: [`, `"ADDRESS"`, `]}]`},
	"secretGenerator.envs":           {`secretGenerator: [{name: g, envs: [`, `"ADDRESS"`, `]}]`},
	"a field in capitals":            {`TRANSFORMERS: [`, `"ADDRESS"`, `]`},
	"a field twice":                  {`transformers: [`, `"ADDRESS"`, "]\nTransformers: []"},
	"an anchor":                      {`commonAnnotations: {x: &x `, "\"ADDRESS\"}\ntransformers: [*x]", ``},
	"JSON":                           {"\"transformers\": [", `"ADDRESS"`, `]`},
	"a document after it":            {`transformers: [`, `"ADDRESS"`, "]\n---\ntransformers: [\"https://example.invalid/x\"]"},
}

// What transformers and generators of kustomize's own are told.
var remotePlugins = map[string]spot{
	"ConfigMapGenerator":             {`files: [`, `"ADDRESS"`, `]`},
	"ConfigMapGenerator of envs":     {`envs: [`, `"ADDRESS"`, `]`},
	"ConfigMapGenerator of env":      {`env: `, `"ADDRESS"`, ``},
	"ConfigMapGenerator in capitals": {`FILES: [`, `"ADDRESS"`, `]`},
	"SecretGenerator":                {`files: [`, `"ADDRESS"`, `]`},
	"PatchTransformer":               {"target: {kind: ConfigMap}\npath: ", `"ADDRESS"`, ``},
	"PatchTransformer in capitals":   {"target: {kind: ConfigMap}\nPATH: ", `"ADDRESS"`, ``},
	"PatchJson6902Transformer":       {"target: {version: v1, kind: ConfigMap, name: own}\npath: ", `"ADDRESS"`, ``},
	"PatchStrategicMergeTransformer": {`paths: [`, `"ADDRESS"`, `]`},
	"ReplacementTransformer":         {`replacements: [`, `{path: "ADDRESS"}`, `]`},
	"ValueAddTransformer":            {"value: x\ntargetFilePath: ", `"ADDRESS"`, ``},
	"HelmChartInflationGenerator":    {"name: chart\nrepo: https://example.invalid\nadditionalValuesFiles: [", `"ADDRESS"`, `]`},
}

// filled is the text with addresses in it, and those that are.
func (s spot) filled(addresses []string) (text string, used []string) {
	if s.after == "" {
		addresses = addresses[:1]
	}
	items := make([]string, 0, len(addresses))
	for _, address := range addresses {
		items = append(items, strings.ReplaceAll(s.item, "ADDRESS", address))
	}
	return s.before + strings.Join(items, ", ") + s.after + "\n", addresses
}

// trap is what an overlay must not reach: a web server, and programs that leave a
// trace.
type trap struct {
	server   *httptest.Server
	requests atomic.Int32
	touched  string
}

func newTrap(t *testing.T) *trap {
	t.Helper()
	trap := &trap{touched: filepath.Join(t.TempDir(), "touched")}
	trap.server = httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { trap.requests.Add(1) }))
	t.Cleanup(trap.server.Close)
	programs := t.TempDir()
	for _, name := range []string{"git", "helm", "docker", "go", "exec-me"} {
		script := "#!/bin/sh\necho " + name + " \"$@\" >> " + trap.touched + "\nexit 1\n"
		if err := os.WriteFile(filepath.Join(programs, name), []byte(script), 0o755); err != nil { //nolint:gosec // a program
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", programs+string(os.PathListSeparator)+os.Getenv("PATH"))
	return trap
}

// addresses are those of the trap, in the ways in which they may be written.
func (c *trap) addresses() []string {
	host := strings.TrimPrefix(c.server.URL, "http://")
	option := "--upload-pack=touch%20" + url.QueryEscape(c.touched) + "%20"
	return []string{
		c.server.URL + "/x.yaml", c.server.URL + "/org/repo?ref=main", c.server.URL + "/org/repo//path?version=main",
		"HTTP://" + host + "/x.yaml", "http:" + "//user:secret@" + host + "/x.yaml", "git::" + c.server.URL + "/org/repo",
		c.server.URL + "/org/project/_git/repo/path", c.server.URL + "/org/repo.git/path",
		"file:///x?ref=" + option, "FILE:///x?ref=" + option, "file:///x?version=" + option, "git::file:///x?ref=" + option,
		"file://" + filepath.Dir(c.touched) + "/repo.git//path?ref=" + option, "file:///x?submodules=true&timeout=1s&ref=" + option,
		"ssh://-oProxyCommand=touch/org/repo?ref=" + option, "git@-oProxyCommand=touch:org/repo", "git@" + host + ":org/repo",
		"github.com/org/repo?ref=" + option, "github.com:org/repo", "GitHub.com/org/repo//path", "someone@example.invalid:org/repo",
		"gh:org/repo", " " + c.server.URL + "/x.yaml", host + "/org/repo//path?ref=main", "ext::touch% " + c.touched,
		"git://" + host + "/org/repo", "oci://" + host + "/org/repo", "s3::" + c.server.URL + "/x",
	}
}

// caught reports whether somebody came.
func (c *trap) caught() bool {
	_, err := os.Stat(c.touched)
	return err == nil || c.requests.Load() > 0
}

// untouched fails when somebody came.
func (c *trap) untouched(t *testing.T) {
	t.Helper()
	if n := c.requests.Load(); n > 0 {
		t.Errorf("the web server was asked %d times", n)
	}
	if text, err := os.ReadFile(c.touched); err == nil {
		t.Errorf("a program was run: %s", text)
	}
}

// build builds app of an archive, and returns what was left out.
func buildApp(t *testing.T, archive string) ([]overlay.LeftOut, error) {
	t.Helper()
	built, err := overlay.Build(context.Background(), repository(t, archive), "app", kustomizev1.Kustomization{})
	return built.LeftOut, err
}

// told fails when an entry was dropped without a word.
func told(t *testing.T, where string, used []string, out []overlay.LeftOut) {
	t.Helper()
	for _, address := range used {
		if !slices.ContainsFunc(out, func(left overlay.LeftOut) bool { return left.Entry == address }) {
			t.Errorf("%s: nobody says that %q was left out", where, address)
		}
	}
}

// inFolder are those that stand in the kustomization.yaml of a folder.
func inFolder(folder string, out []overlay.LeftOut) []overlay.LeftOut {
	return slices.DeleteFunc(slices.Clone(out), func(left overlay.LeftOut) bool { return filepath.Dir(left.File) != folder })
}

const component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"

// nesting is where hostile kustomization.yaml stand. One build goes over them all,
// as each costs most of a second.
type nesting struct {
	// folder is that of each; own is a manifest beside it, with its own name.
	folder, header string
	// entry leads from app to each, and app is the kustomization.yaml of app.
	entry, app string
	refused    string
}

var nestings = map[string]nesting{
	"a base of a base":             {folder: "base%d", app: "resources: [ENTRIES]\n", entry: "../middle%d"},
	"a component":                  {folder: "base%d", app: "resources: [ENTRIES]\n", entry: "../part%d", header: component},
	"a folder that nobody names":   {folder: "app/base%d"},
	"a transformer that is a base": {folder: "base%d", app: "resources: [own.yaml]\ntransformers: [ENTRIES]\n", entry: "../base%d", refused: "do nothing else"},
}

// archive puts each text into a folder of its own.
func (n nesting) archive(texts []string) string {
	out := ownFile
	var entries []string
	for i, text := range texts {
		folder := fmt.Sprintf(n.folder, i)
		out += strings.Replace(ownFile, "app/", folder+"/", 1) + fmt.Sprintf("-- %s/kustomization.yaml --\n%s", folder, n.header)
		if n.header == "" {
			out += fmt.Sprintf("namePrefix: n%d-\n", i)
		}
		out += text
		out += fmt.Sprintf("-- middle%d/kustomization.yaml --\nresources: [../base%[1]d]\n", i)
		out += fmt.Sprintf("-- part%d/kustomization.yaml --\nnamePrefix: n%[1]d-\ncomponents: [../base%[1]d]\n", i)
		entries = append(entries, strings.Replace(n.entry, "%d", strconv.Itoa(i), 1))
	}
	if n.app != "" {
		out += "-- app/kustomization.yaml --\n" + strings.Replace(n.app, "ENTRIES", strings.Join(entries, ", "), 1)
	}
	return out
}

// hostileFields returns a kustomization.yaml for each field, and the addresses in it.
func (c *trap) hostileFields() (texts []string, used [][]string) {
	for _, field := range slices.Sorted(maps.Keys(remoteFields)) {
		if field == "JSON" {
			continue // it stands alone
		}
		addresses := c.addresses()
		if strings.Contains(field, ".files") {
			addresses = singleEqual(addresses)
		}
		text, addresses := remoteFields[field].filled(addresses)
		texts, used = append(texts, text), append(used, addresses)
	}
	return texts, used
}

// singleEqual returns what may stand in KEY=FILE, which has one =.
func singleEqual(addresses []string) []string {
	return slices.DeleteFunc(addresses, func(address string) bool { return strings.Contains(address, "=") })
}

func TestNoFieldOfAKustomizationFetchesOrRunsAnything(t *testing.T) {
	trap := newTrap(t)
	texts, used := trap.hostileFields()
	for where, nesting := range nestings {
		out, err := buildApp(t, nesting.archive(texts))
		switch {
		case nesting.refused == "" && err != nil:
			t.Errorf("%s: %v", where, err)
		case nesting.refused != "" && (err == nil || !strings.Contains(err.Error(), nesting.refused)):
			t.Errorf("%s: %v does not say %q", where, err, nesting.refused)
		}
		for i := range texts {
			if err == nil {
				told(t, where+": "+texts[i], used[i], inFolder(fmt.Sprintf(nesting.folder, i), out))
			}
		}
		trap.untouched(t)
	}
}

func TestNoFieldOfTheKustomizationThatIsBuiltFetchesOrRunsAnything(t *testing.T) {
	trap := newTrap(t)
	for _, field := range []string{"transformers", "resources", "JSON"} {
		text, used := remoteFields[field].filled(trap.addresses())
		if field == "JSON" {
			text = "{" + strings.TrimSuffix(text, "\n") + "}\n"
		}
		out, err := buildApp(t, ownFile+"-- app/kustomization.yaml --\n"+text)
		if err != nil {
			t.Errorf("%s: %v", field, err)
		}
		if err == nil { // else it is refused as a whole
			told(t, field, used, out)
		}
	}
	trap.untouched(t)
}

// The ways to tell a plugin its settings, with a kustomization.yaml for each.
var pluginPlaces = map[string]func(n int, field, plugin string) string{
	"a file": func(n int, field, plugin string) string {
		return fmt.Sprintf("%s: [plugin.yaml]\n-- base%d/plugin.yaml --\n%s", field, n, plugin)
	},
	"the text": func(_ int, field, plugin string) string {
		return field + ":\n- |\n  " + strings.ReplaceAll(plugin, "\n", "\n  ") + "\n"
	},
	"a folder": func(n int, field, plugin string) string {
		return fmt.Sprintf("%s: [../plugins%d]\n-- plugins%[2]d/kustomization.yaml --\nresources: [plugin.yaml]\n-- plugins%[2]d/plugin.yaml --\n%[3]s", field, n, plugin)
	},
}

func TestNoPluginOfAKustomizationFetchesOrRunsAnything(t *testing.T) {
	trap := newTrap(t)
	for where, place := range pluginPlaces {
		var texts []string
		var all [][]string
		for _, name := range slices.Sorted(maps.Keys(remotePlugins)) {
			field, plugin, used := trap.hostilePlugin(name)
			text := "resources: [own.yaml]\n" + place(len(texts), field, plugin)
			if strings.HasPrefix(name, "Helm") {
				if _, err := buildApp(t, nestings["a base of a base"].archive([]string{"resources: [own.yaml]\n" + place(0, field, plugin)})); err == nil {
					t.Errorf("%s in %s: no error", name, where)
				}
				continue
			}
			texts, all = append(texts, text), append(all, used)
		}
		out, err := buildApp(t, nestings["a base of a base"].archive(texts))
		if err != nil {
			t.Errorf("%s: %v", where, err)
		}
		for i := range texts {
			if err == nil { // else it is refused as a whole
				told(t, texts[i]+" in "+where, all[i], out)
			}
		}
		trap.untouched(t)
	}
}

// hostilePlugin returns the settings of a plugin, the field that they go into, and
// the addresses in them.
func (c *trap) hostilePlugin(name string) (field, plugin string, used []string) {
	kind := strings.Fields(name)[0]
	field = "transformers"
	if strings.HasSuffix(kind, "Generator") {
		field = "generators"
	}
	addresses := c.addresses()
	if item := remotePlugins[name].before; strings.HasPrefix(item, "files") || strings.HasPrefix(item, "FILES") {
		addresses = singleEqual(addresses)
	}
	text, used := remotePlugins[name].filled(addresses)
	return field, "apiVersion: builtin\nkind: " + kind + "\nmetadata: {name: it}\n" + text, used
}

// What is a file for one reader and an address for another, and what is written
// so that a vetted file and the one that is read are two.
func TestNothingIsFetchedByWhatHasTwoReadings(t *testing.T) {
	trap := newTrap(t)
	address := trap.addresses()[8]
	hostile := "transformers: [\"" + address + "\"]\nresources: [own.yaml]\n"
	plugin := "apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: it}\ntarget: {kind: ConfigMap}\npath: \"" + trap.server.URL + "/x\"\n"
	base := "-- base/own.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\n-- base/kustomization.yaml --\n" + hostile
	for claim, archive := range map[string]string{
		"a kustomization.yaml that is a resource too": base + "-- app/kustomization.yaml --\nresources: [../base, ../base/kustomization.yaml]\n",
		"a kustomization.yaml that is data too":       base + "-- app/kustomization.yaml --\nresources: [../base]\nconfigMapGenerator: [{name: g, files: [../base/kustomization.yaml]}]\n",
		"settings that are a resource too":            "-- app/kustomization.yaml --\nresources: [plugin.yaml]\ntransformers: [plugin.yaml]\n-- app/plugin.yaml --\n" + plugin,
		"settings that are data too":                  "-- app/kustomization.yaml --\nresources: [own.yaml]\ntransformers: [plugin.yaml]\nconfigMapGenerator: [{name: g, files: [plugin.yaml]}]\n-- app/plugin.yaml --\n" + plugin,
		"settings that a folder patches":              "-- app/kustomization.yaml --\nresources: [own.yaml]\ntransformers: [../t]\n-- t/kustomization.yaml --\nresources: [t.yaml]\npatches: [{patch: '[{\"op\": \"replace\", \"path\": \"/path\", \"value\": \"" + trap.server.URL + "\"}]', target: {kind: PatchTransformer}}]\n-- t/t.yaml --\n" + strings.Replace(plugin, trap.server.URL+"/x", "x.yaml", 1),
		"a folder that is called like a repository":   "-- app/kustomization.yaml --\nresources: [own.yaml, github.com/org/repo, \"git@host:org/repo\"]\n-- app/github.com/org/repo/kustomization.yaml --\n{}\n-- app/git@host:org/repo/kustomization.yaml --\n{}\n",
		"a folder that is called like a web page":     "-- app/kustomization.yaml --\nresources: [own.yaml, \"" + trap.server.URL + "/x\"]\n-- app/" + trap.server.URL + "/x/kustomization.yaml --\n{}\n",
		"a file that is called like a web page":       "-- app/kustomization.yaml --\nresources: [own.yaml, \"" + trap.server.URL + "/x.yaml\"]\n-- app/" + trap.server.URL + "/x.yaml --\n{}\n",
		"two kustomization files":                     "-- app/kustomization.yaml --\nresources: [own.yaml]\n-- app/Kustomization --\n" + hostile,
		"two kustomization files of a base":           base + "-- app/kustomization.yaml --\nresources: [../base]\n-- base/kustomization.yml --\nresources: [own.yaml]\n",
		"a file called Kustomization":                 "-- app/Kustomization --\n" + hostile,
		"a program that is run as a function":         "-- app/kustomization.yaml --\nresources: [own.yaml]\ntransformers: [f.yaml]\n-- app/f.yaml --\napiVersion: v1\nkind: F\nmetadata: {name: f, annotations: {config.kubernetes.io/function: \"exec: {path: exec-me}\"}}\n",
		"an image that is run as a function":          "-- app/kustomization.yaml --\nresources: [own.yaml]\ngenerators: [f.yaml]\n-- app/f.yaml --\napiVersion: v1\nkind: F\nmetadata: {name: f, annotations: {config.kubernetes.io/function: \"container: {image: x}\"}}\n",
		"a plugin of somebody's own":                  "-- app/kustomization.yaml --\nresources: [own.yaml]\ngenerators: [f.yaml]\n-- app/f.yaml --\napiVersion: someteam.example.com/v1\nkind: ChartInflator\nmetadata: {name: f}\n",
		"a chart":                                     "-- app/kustomization.yaml --\nresources: [own.yaml]\nhelmCharts: [{name: x, repo: \"" + trap.server.URL + "\"}]\n",
		"a chart of old":                              "-- app/kustomization.yaml --\nresources: [own.yaml]\nhelmChartInflationGenerator: [{chartName: x, chartRepoUrl: \"" + trap.server.URL + "\"}]\n",
	} {
		out, err := buildApp(t, ownFile+archive)
		if err == nil && len(out) == 0 {
			t.Errorf("%s: nobody says that something was left out", claim)
		}
		trap.untouched(t)
	}
}

func TestAComponentOfTheKustomizationOfFluxIsNotFetched(t *testing.T) {
	trap := newTrap(t)
	for _, address := range trap.addresses() {
		built, err := overlay.Build(context.Background(), repository(t, ownFile), "app", kustomizev1.Kustomization{
			Spec: kustomizev1.KustomizationSpec{Components: []string{address}},
		})
		if err == nil { // else it is refused as a whole
			told(t, "spec.components", []string{address}, built.LeftOut)
		}
	}
	trap.untouched(t)
}

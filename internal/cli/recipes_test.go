package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/cli"
)

// TestTheRecipeForServicesOfOneRepositoryIsWhatItsCommandsWrite runs them as they
// stand on the page.
func TestTheRecipeForServicesOfOneRepositoryIsWhatItsCommandsWrite(t *testing.T) {
	page, err := os.ReadFile("../../docs/recipes.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## Services of one repository\n")
	commands := regexp.MustCompile(`(?m)^eddy (init .*)$`).FindAllStringSubmatch(section, 2)
	providers := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindStringSubmatch(section)
	if len(commands) != 2 || providers == nil {
		t.Fatalf("the recipe has %d commands", len(commands))
	}
	fleetOfTwo(t)
	for n, document := range strings.Split(providers[1], "\n---\n") {
		run(t, strings.Fields(strings.ReplaceAll(commands[n][1], "'", ""))...)
		told := provider(t, []byte(document))
		text, err := os.ReadFile(filepath.Join("clusters/eks/apps", strings.TrimSuffix(told.Name, "-prs"), "previews/provider.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if written := provider(t, text); !reflect.DeepEqual(written.Spec, told.Spec) || written.Name != told.Name {
			t.Errorf("written is\n%s\nand told\n%s", text, document)
		}
	}
	if found := run(t, "lint", "--strict", "."); found != "" {
		t.Error(found)
	}
}

// fleetOfTwo is the working directory: the example's service, as api and as web.
func fleetOfTwo(t *testing.T) {
	t.Helper()
	root := t.TempDir()
	example, err := filepath.Abs("../../examples/fleet/clusters/base/api")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"api", "web"} {
		folder := filepath.Join(root, "clusters/base", name)
		if err := os.CopyFS(folder, os.DirFS(example)); err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			text = regexp.MustCompile(`([ /])api\b`).ReplaceAll(text, []byte("${1}"+name))
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Chdir(root)
}

// run runs a command that has to succeed, and returns what it prints.
func run(t *testing.T, args ...string) string {
	t.Helper()
	var out, told bytes.Buffer
	streams := cli.Streams{In: strings.NewReader(""), Out: &out, Err: &told, Now: time.Now}
	if code := cli.Execute(t.Context(), streams, args); code != 0 {
		t.Fatalf("eddy %s: %d\n%s%s", strings.Join(args, " "), code, out.String(), told.String())
	}
	return out.String()
}

// provider reads one.
func provider(t *testing.T, text []byte) *v1.ResourceSetInputProvider {
	t.Helper()
	out := &v1.ResourceSetInputProvider{}
	if err := yaml.UnmarshalStrict(text, out); err != nil {
		t.Fatal(err)
	}
	return out
}

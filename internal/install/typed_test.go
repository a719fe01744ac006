package install_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/eddy-previews/eddy/test/apiserver"
)

// in is the same in another folder.
func (p *pages) in(t *testing.T, dir string) *pages {
	t.Helper()
	return &pages{t: t, dir: dir, path: p.path, kubeconfig: p.kubeconfig}
}

// shells are the lines that a page has typed into a shell without showing what they print.
func shells(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)\n```").FindAllStringSubmatch(text(t, page), -1) {
		out = append(out, strings.Split(block[1], "\n")...)
	}
	return out
}

// example copies a folder of the examples.
func example(t *testing.T, from, to string) {
	t.Helper()
	if err := os.CopyFS(to, os.DirFS(filepath.Join(apiserver.Root(), "examples", from))); err != nil {
		t.Fatal(err)
	}
}

// fluxOperatorIsScaledDown plays the first step of docs/migrating.md.
func fluxOperatorIsScaledDown(t *testing.T, p *pages, check string) {
	t.Helper()
	pod := map[string]string{"app.kubernetes.io/name": "flux-operator"}
	create(t, &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "flux-operator", Namespace: "flux-system", Labels: pod},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: pod},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: pod},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "manager", Image: "registry.example.com/flux-operator"}}},
			},
		},
	})
	if out, code := p.run("sh", check); code != 1 || !strings.Contains(out, "flux-operator") {
		t.Errorf("beside Flux Operator `%s` is %d, and says\n%s", check, code, out)
	}
	command := regexp.MustCompile("`(kubectl [^`]* scale deployment [^`]*)`").FindStringSubmatch(text(t, "migrating.md"))
	if command == nil {
		t.Fatal("docs/migrating.md does not scale Flux Operator down")
	}
	p.play(command[1])
}

// examplesAreApplied types what each example says, in a cluster with Eddy where Flux
// deploys what is in p.dir.
func examplesAreApplied(t *testing.T, p *pages) {
	home, examples := t.TempDir(), t.TempDir()
	example(t, ".", examples)
	t.Setenv("HOME", home)
	for _, variable := range []string{"GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"} {
		t.Setenv(variable, "ada@example.com")
	}
	if err := os.Symlink(p.dir, filepath.Join(home, "fleet")); err != nil {
		t.Fatal(err)
	}
	p.in(t, p.dir).play("git init -q -b main && git init -q --bare .git/origin && git remote add origin .git/origin && git add -A && git commit -q -m Fleet && git push -q -u origin main")
	found, err := filepath.Glob(filepath.Join(examples, "*", "resourceset.yaml"))
	if err != nil || len(found) < 5 {
		t.Fatalf("there are %d examples: %v", len(found), err)
	}
	for _, file := range found {
		dir := filepath.Dir(file)
		t.Run(filepath.Base(dir), func(t *testing.T) {
			there := p.in(t, dir)
			there.play("cp secret.example.yaml secret.yaml")
			// What another example has committed is there already.
			there.play("date +%N > ../fleet/clusters/changed")
			page := filepath.Join("../examples", filepath.Base(dir), "README.md")
			if got := consoles(t, page); !slices.Equal(got, consoles(t, "../examples/gitea/README.md")) {
				t.Errorf("of these only those of Gitea's page are typed: %q", got)
			}
			for _, command := range shells(t, page) {
				there.play(command)
			}
			if out, _ := there.run("sh", "kubectl get rset,rsip -n app-dev -o name"); strings.Count(out, "\n") != 2 {
				t.Errorf("there is\n%s", out)
			}
			there.play("kubectl delete -f resourceset.yaml -f provider.yaml -f secret.yaml")
		})
	}
}

// filesAreRead types what pages say of files alone, where there is no cluster.
func filesAreRead(t *testing.T, p *pages) {
	t.Run("lint", func(t *testing.T) {
		there := p.in(t, t.TempDir())
		example(t, "gitea", filepath.Join(there.dir, "previews"))
		example(t, "fleet", filepath.Join(there.dir, "fleet"))
		for _, command := range append(shells(t, "lint.md"), consoles(t, "lint.md")...) {
			there.play(command)
		}
		isJSON(t, filepath.Join(there.dir, "eddy.sarif"))
	})
	t.Run("services of one repository", func(t *testing.T) {
		there := p.in(t, t.TempDir())
		for _, service := range []string{"api", "web"} {
			base := filepath.Join(there.dir, "clusters", "base", service)
			example(t, "fleet/clusters/base/api", base)
			change(t, filepath.Join(base, "deployment.yaml"), "registry.example.com/api", "registry.example.com/"+service)
		}
		for _, command := range append(shells(t, "recipes.md"), consoles(t, "recipes.md")...) {
			there.play(command)
		}
		if out, _ := there.run("sh", "grep -rh build/ clusters/eks/apps/web/previews/provider.yaml"); !strings.Contains(out, "build/web-ready") {
			t.Errorf("the second service waits for %s", out)
		}
	})
	t.Run("schema", func(t *testing.T) {
		there := p.in(t, t.TempDir())
		for _, command := range consoles(t, "reference.md") {
			if strings.HasPrefix(command, "eddy schema") {
				there.play(command)
			}
		}
		isJSON(t, filepath.Join(there.dir, "eddy.schema.json"))
	})
}

func isJSON(t *testing.T, file string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil || !json.Valid(content) {
		t.Errorf("%s is no JSON (%v):\n%.200s", file, err, content)
	}
}

package install_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/install"
	"github.com/eddy-previews/eddy/test/apiserver"
	"github.com/eddy-previews/eddy/test/forge"
)

// pages plays pages of the docs, command by command, as they stand.
type pages struct {
	t *testing.T
	// dir is where the commands are typed, path where eddy is, kubeconfig of the cluster.
	dir, path, kubeconfig string
}

// TestTheFirstHourIsPlayedFromTopToBottomOnAnEmptyCluster plays docs/install.md and
// docs/getting-started.md. Nobody runs pods here: a stand-in says of Deployments that
// they do, and deploys as Flux would. The operator works with what was installed, as its
// account; the forge is a fake. Helm is played in helm_test.go, with its own code.
func TestTheFirstHourIsPlayedFromTopToBottomOnAnEmptyCluster(t *testing.T) {
	server.Require(t)
	before := server
	server = apiserver.Empty(t)
	t.Cleanup(func() { server = before })
	p := newPages(t)
	commands := consoles(t, "install.md")

	if out, code := p.run("sh", commands[0]); code != 1 || !strings.Contains(out, "install Flux: `flux install`") {
		t.Errorf("without Flux `%s` is %d, and says\n%s", commands[0], code, out)
	}
	fluxIsThere(t)
	playControllers(t, p.dir)
	fluxOperatorIsScaledDown(t, p, commands[0])
	for _, command := range commands[:3] { // check --pre, install, check
		p.play(command)
	}
	for _, shell := range []string{"bash", "zsh"} {
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		if out, code := p.run(shell, commands[1]); code != 0 || strings.Contains(out, "created") || strings.Contains(out, "configured") {
			t.Errorf("in %s, installing what is installed is %d, and says\n%s", shell, code, out)
		}
	}
	objects, err := install.Render(install.Plan{Namespace: "flux-system", Values: parse(t, "{previews: {namespaces: [app-dev]}}")})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("getting started", func(t *testing.T) {
		runAs(t, "flux-system", objects)
		gettingStarted(t, p)
		p.t = t
		p.play(commands[len(commands)-2]) // takes the previews down
		if out, _ := p.run("sh", "kubectl get rset,rsip,kustomizations.kustomize.toolkit.fluxcd.io,deployments -n app-dev -o name"); strings.Contains(out, "api-") {
			t.Errorf("there is still\n%s", out)
		}
	})
	p.t = t
	t.Run("the examples", func(t *testing.T) { examplesAreApplied(t, p) })
	t.Run("files", func(t *testing.T) { filesAreRead(t, p) })
	for n, values := range regexp.MustCompile("(?s)```yaml values\n(.*?)```").FindAllStringSubmatch(text(t, "install.md"), -1) {
		if err := os.WriteFile(filepath.Join(p.dir, "values.yaml"), []byte(values[1]), 0o600); err != nil {
			t.Fatal(err)
		}
		if out, code := p.run("sh", "eddy install --create-namespaces -f values.yaml"); code != 0 || !strings.Contains(out, "✔ Eddy is ready") {
			t.Errorf("installed with the values of block %d it is %d, and says\n%s", n, code, out)
		}
	}
	p.play(commands[len(commands)-1]) // uninstall --crds
	gomega.NewWithT(t).Eventually(func() error {
		return server.Client.List(t.Context(), &v1.ResourceSetList{})
	}, 10*time.Second).Should(gomega.MatchError(gomega.ContainSubstring("could not find the requested resource")), "the definitions are still there")
}

// gettingStarted plays the page: what eddy init writes is what is deployed.
func gettingStarted(t *testing.T, p *pages) {
	t.Helper()
	page := text(t, "getting-started.md")
	if want := consoles(t, "install.md")[1]; !strings.Contains(page, "`"+want+"`") {
		t.Errorf("the page does not install as install.md does: %s", want)
	}
	if want := "    bin/" + consoles(t, "install.md")[1] + "\n    bin/" + consoles(t, "install.md")[2]; !strings.Contains(text(t, "../README.md"), want) {
		t.Errorf("README does not install as install.md does:\n%s", want)
	}
	commands := consoles(t, "getting-started.md")
	gitea := forge.NewGitea(t)
	at := func(program string) int {
		for n, command := range commands {
			if strings.HasPrefix(command, program) {
				return n
			}
		}
		t.Fatalf("there is no %s on the page", program)
		return 0
	}
	first := at("eddy get previews")
	for _, command := range commands[:first] { // init, lint, build
		p.play(command)
	}
	// Commit, push, the Secret. The forge is a fake; no name of a preview resolves here.
	change(t, filepath.Join(p.dir, "clusters/eks/apps/api/previews/resourceset.yaml"), "    probe: {} ", "    # ")
	change(t, filepath.Join(p.dir, "clusters/eks/apps/api/previews/provider.yaml"), "url: https://gitea.example.com/acme/api", "url: "+gitea.URL)
	p.play(`kubectl -n app-dev create secret generic gitea-auth --from-literal=username=flux --from-literal=password=` + forge.Token)
	if err := server.Client.Create(t.Context(), kustomization("flux-system", "./clusters/eks")); err != nil { // as flux bootstrap does
		t.Fatal(err)
	}
	gitea.Open(forge.Request{Labels: []string{"build/image-ready"}, SHA: strings.Repeat("fbc7b91", 6)[:40]})

	t.Cleanup(func() {
		if t.Failed() {
			out, _ := p.run("sh", "kubectl get kustomizations.kustomize.toolkit.fluxcd.io,rsip,rset,deployments -A")
			t.Log(out)
		}
	})
	g := gomega.NewWithT(t)
	g.Eventually(func() string {
		out, _ := p.run("sh", "eddy get previews -n app-dev")
		return out
	}, 60*time.Second, time.Second).Should(gomega.MatchRegexp(`(?m)^api +1 .*True +https://api-1.preview.example.com`))
	for _, command := range commands[first:] {
		out, code := p.run("sh", command)
		if want := map[bool]int{true: 1}[strings.HasPrefix(command, "eddy diff")]; code != want {
			t.Errorf("%s is %d, want %d\n%s", command, code, want, out)
		}
	}
	trouble(t, p)
	if out, _ := p.run("sh", commands[at("eddy diff")]); !strings.Contains(out, "+  interval: 5m") || !strings.Contains(out, "0 to create, 2 to change, 0 to delete.") {
		t.Errorf("the difference is\n%s", out)
	}
}

// trouble plays what docs/troubleshooting.md and the examples say to look at, of the
// preview that is there, and other pages of what a cluster holds. There is no flux here,
// and no browser.
func trouble(t *testing.T, p *pages) {
	t.Helper()
	var commands []string
	for _, page := range []string{"troubleshooting.md", "../examples/gitea/README.md", "reference.md", "migrating.md"} {
		commands = append(commands, consoles(t, page)...)
	}
	for _, page := range []string{"troubleshooting.md", "reference.md", "migrating.md"} {
		commands = append(commands, shells(t, page)...)
	}
	inline := regexp.MustCompile("`((?:kubectl|eddy) [^`]* -n app-dev[^`]*|kubectl -n app-dev [^`]*)`")
	for _, page := range []string{"troubleshooting.md", "../examples/gitea/README.md"} {
		for _, command := range inline.FindAllStringSubmatch(text(t, page), -1) {
			commands = append(commands, strings.ReplaceAll(command[1], "\n", " "))
		}
	}
	says := map[string]string{
		"get previews": "api-1.preview.example.com", "describe preview": "Deployment/api-deployment-1", "get rset api-pr-envs -o yaml": "previews:", "get rsip api-prs -o yaml": "exportedInputs:",
		".status.previews[*]": "1\tTrue\thttps://api-1.preview.example.com", "handOverTo": "annotated", "get rsip,rset": "api-pr-envs", "events": "Kustomization/app-dev/api-pr-1 created", "eddy open": "https://api-1.preview.example.com", "get all,ingress": "ingress.networking.k8s.io/api-ingress-1",
	}
	p.play("kubectl -n app-dev create deployment api --image registry.example.com/api") // what somebody else deployed, with app=api
	seen := map[string]bool{}
	for _, command := range commands {
		if strings.HasPrefix(command, "flux ") || strings.HasPrefix(command, "eddy schema") {
			continue
		}
		command = strings.NewReplacer("1234", "1", "eddy open", "eddy open --print").Replace(command)
		out, code := p.run("sh", command)
		if code != 0 {
			t.Errorf("%s is %d\n%s", command, code, out)
		}
		for part, want := range says {
			if strings.Contains(command, part) {
				seen[part] = true
				if !strings.Contains(out, want) {
					t.Errorf("%s does not show %s:\n%s", command, want, out)
				}
			}
		}
	}
	for part := range says {
		if !seen[part] {
			t.Errorf("no page says %s", part)
		}
	}
}

func newPages(t *testing.T) *pages {
	t.Helper()
	p := &pages{t: t, dir: t.TempDir(), path: t.TempDir(), kubeconfig: server.WriteKubeconfig(t)}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, program := range map[string]string{"eddy": self, "kubectl": kubectl(t)} {
		if err := os.Symlink(program, filepath.Join(p.path, name)); err != nil {
			t.Fatal(err)
		}
	}
	base := filepath.Join("clusters", "base")
	if err := os.CopyFS(filepath.Join(p.dir, base), os.DirFS(filepath.Join(apiserver.Root(), "examples", "fleet", base))); err != nil {
		t.Fatal(err)
	}
	return p
}

// kubectl is the one of the API server's release: all of its programs are one.
func kubectl(t *testing.T) string {
	t.Helper()
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	own := filepath.Join(assets, "kubectl")
	if _, err := os.Stat(own); err == nil {
		return own
	}
	out, err := filepath.EvalSymlinks(filepath.Join(assets, "kube-apiserver"))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// run types a command in a shell.
func (p *pages) run(shell, command string) (out string, code int) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Minute)
	defer cancel()
	typed := exec.CommandContext(ctx, shell, "-c", command)
	typed.Dir = p.dir
	typed.Env = append(os.Environ(), "KUBECONFIG="+p.kubeconfig, "PATH="+p.path+":"+os.Getenv("PATH"))
	text, err := typed.CombinedOutput()
	if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
		p.t.Fatalf("%s: %v", command, err)
	}
	return string(text), typed.ProcessState.ExitCode()
}

// play types a command that has to succeed.
func (p *pages) play(command string) {
	p.t.Helper()
	if out, code := p.run("sh", command); code != 0 {
		p.t.Errorf("%s: %d\n%s", command, code, out)
	}
}

// text is a page of the docs.
func text(t *testing.T, page string) string {
	t.Helper()
	out, err := os.ReadFile(filepath.Join(apiserver.Root(), "docs", page))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// consoles are the commands of a page, but for those of Helm.
func consoles(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	for _, block := range regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(text(t, page), -1) {
		if strings.Contains(block[1], "$ helm ") {
			continue
		}
		for _, command := range regexp.MustCompile(`(?m)^\$ ((?:.*\\\n)*.*)$`).FindAllStringSubmatch(block[1], -1) {
			out = append(out, command[1])
		}
	}
	return out
}

func change(t *testing.T, file, from, to string) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(content), from) {
		t.Fatalf("%s has no %q:\n%s", file, from, content)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(content), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fluxIsThere has the cluster hold what `flux install` brings, without its pods.
func fluxIsThere(t *testing.T) {
	t.Helper()
	if err := server.Client.Create(t.Context(), namespaceOf("flux-system")); err != nil && !apierrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}
	for _, name := range []string{"source-controller", "kustomize-controller", "helm-controller", "notification-controller"} {
		pod := map[string]string{"app": name}
		create(t, &appsv1.Deployment{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "flux-system", Labels: map[string]string{"app.kubernetes.io/part-of": "flux"}},
			Spec: appsv1.DeploymentSpec{
				Selector: &metav1.LabelSelector{MatchLabels: pod},
				Template: corev1.PodTemplateSpec{
					ObjectMeta: metav1.ObjectMeta{Labels: pod},
					Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "manager", Image: "ghcr.io/fluxcd/" + name + ":v1.9.6"}}},
				},
			},
		})
	}
}

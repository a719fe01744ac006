package actors

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// System describes the local system, as `cluster up` leaves it in system.json.
type System struct {
	Dir        string   `json:"dir"`
	Kubeconfig string   `json:"kubeconfig"`
	APIServer  string   `json:"apiServer"`
	Gitea      Gitea    `json:"gitea"`
	Ingress    *Ingress `json:"ingress"`
	Node       *Node    `json:"node"`
	Registry   Registry `json:"registry"`
	// Events is where notification-controller takes events, also from pods.
	Events string `json:"events"`
	// Missing says which parts this machine cannot have, and why.
	Missing []string `json:"missing"`
	Logs    string   `json:"logs"`
}

// Gitea is the forge and its administrator.
type Gitea struct {
	URL      string `json:"url"`
	Username string `json:"username"`
	Password string `json:"password"`
	Token    string `json:"token"`
}

// Ingress is where requests for the previews' hosts go, nil without a node.
type Ingress struct {
	URL string `json:"url"`
}

// Registry takes images and charts, over HTTP and without a login.
type Registry struct {
	// Host is its HOST:PORT, the same on this machine, on the node and in pods.
	Host string `json:"host"`
}

// Node runs the pods, nil where the machine cannot run any.
type Node struct {
	Name string `json:"name"`
	// Host is the address of this machine in pods.
	Host string `json:"host"`
}

// LoadSystem reads the description of the system in dir.
func LoadSystem(dir string) (*System, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "system.json"))
	if err != nil {
		return nil, fmt.Errorf("no system is ready in %s: %w", dir, err)
	}
	system := &System{}
	if err := json.Unmarshal(raw, system); err != nil {
		return nil, fmt.Errorf("reading %s/system.json: %w", dir, err)
	}
	return system, nil
}

// Programs are what a system is made with.
type Programs struct {
	// Root is the checkout.
	Root string
	// Cluster is the command of the local system's program, in Root.
	Cluster []string
	// Operator is the path of the binary eddy, built where it is empty.
	Operator string
	// Packaging is the command of the program that makes the operator's image.
	Packaging []string
	// Node says whether pods run: auto where the machine can, on, or off.
	Node string
	// Operated says as what the operator runs.
	Operated Operated
	// RestLater lets the system be ready without what a first preview does not
	// need, which follows by itself.
	RestLater bool
	// Output gets what the programs report while they work.
	Output io.Writer
}

// Operated says as what the operator runs.
type Operated string

const (
	// AsProcess is one of the system, alone and with an administrator's rights.
	AsProcess Operated = ""
	// InPods is as its users run it: the system has none of its own, and it is
	// installed into it.
	InPods Operated = "pods"
	// Either is in pods, and as a process where the machine can run none.
	Either Operated = "either"
)

// FindPrograms takes the programs from EDDY_CLUSTER, EDDY_PACKAGING and EDDY_BIN, else from
// beside the running program, else they are run and built from root. EDDY_NODE
// is auto, on or off.
func FindPrograms(root string, output io.Writer) Programs {
	programs := Programs{Root: root, Output: output, Operator: find("EDDY_BIN", "eddy"), Node: os.Getenv("EDDY_NODE")}
	if programs.Node == "" {
		programs.Node = "auto"
	}
	programs.Cluster = []string{"go", "run", "-C", filepath.Join(root, "test", "cluster"), "."}
	if binary := find("EDDY_CLUSTER", "cluster"); binary != "" {
		programs.Cluster = []string{binary}
	}
	programs.Packaging = []string{"go", "run", "-C", filepath.Join(root, "packaging"), "."}
	if binary := find("EDDY_PACKAGING", "packaging"); binary != "" {
		programs.Packaging = []string{binary}
	}
	return programs
}

func find(variable, name string) string {
	if path := os.Getenv(variable); path != "" {
		return path
	}
	self, err := os.Executable()
	if err != nil {
		return ""
	}
	beside := filepath.Join(filepath.Dir(self), name)
	if _, err := os.Stat(beside); err != nil {
		return ""
	}
	return beside
}

// Eddy returns the path of the operator's binary, and builds it where none
// was found.
func (p Programs) Eddy(ctx context.Context) (string, error) {
	if p.Operator != "" {
		return p.Operator, nil
	}
	path := filepath.Join(p.Root, "bin", "eddy")
	build := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/eddy")
	build.Dir = p.Root
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building ./cmd/eddy (set EDDY_BIN to a built one): %w\n%s", err, out)
	}
	return path, nil
}

// Up starts a system in dir and leaves it running, with the operator as a process of it
// where it does not run in pods.
func (p Programs) Up(ctx context.Context, dir string) (*System, error) {
	args := []string{"up", "--dir", dir, "--node", p.Node, "--detach"}
	if p.Operated != InPods {
		binary, err := p.Eddy(ctx)
		if err != nil {
			return nil, err
		}
		run, lease := "--run", "false"
		if p.Operated == Either {
			run, lease = "--run-without-node", "true" // by which eddy check finds it
		}
		args = append(args, "--crds", filepath.Join(p.Root, "config", "crd"), run, fmt.Sprintf("eddy='%s' operator "+
			"--enable-leader-election=%s --metrics-addr=127.0.0.1:0 --health-addr=127.0.0.1:0 --min-interval=1s --log-encoding=console "+
			"--provider-networks=public,private,loopback --probe-networks=public,private,loopback", binary, lease))
	}
	if p.RestLater {
		args = append(args, "--rest-later")
	}
	if err := p.run(ctx, args...); err != nil {
		return nil, err
	}
	return LoadSystem(dir)
}

// Down ends the system in dir and removes its state. It does nothing where
// there is none.
func (p Programs) Down(ctx context.Context, dir string) error {
	return p.run(ctx, "down", "--dir", dir)
}

// Package makes the image of the operator as `make image` does, of the program that is
// built already, in the version that is given and with more arguments of packaging.
func (p Programs) Package(ctx context.Context, version string, args ...string) error {
	program, err := p.Eddy(ctx)
	if err != nil {
		return err
	}
	return p.start(ctx, p.Packaging, append([]string{
		"--root", p.Root, "--program", program, "--platforms", "linux/" + runtime.GOARCH, "--version", version, "--stored",
	}, args...)...)
}

// Import gives the node an image that is in a tar file.
func (p Programs) Import(ctx context.Context, dir, archive string) error {
	return p.run(ctx, "image", "--dir", dir, "--archive", archive)
}

// Image builds the sample application and loads it into the node.
func (p Programs) Image(ctx context.Context, dir, ref, message string) error {
	return p.run(ctx, "image", "--dir", dir, "--ref", ref, "--message", message)
}

// run runs the program of the local system.
func (p Programs) run(ctx context.Context, args ...string) error {
	return p.start(ctx, p.Cluster, args...)
}

func (p Programs) start(ctx context.Context, program []string, args ...string) error {
	command := slices.Concat(program, args)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Dir = p.Root
	last := &tail{to: p.Output}
	cmd.Stdout, cmd.Stderr = last, last
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running %s: %w\n%s", strings.Join(command, " "), err, last)
	}
	return nil
}

// tail passes on what is written, and keeps its end for an error's text.
type tail struct {
	to   io.Writer
	kept []byte
}

func (t *tail) Write(text []byte) (int, error) {
	const most = 4096
	t.kept = append(t.kept, text...)
	if len(t.kept) > most {
		t.kept = t.kept[len(t.kept)-most:]
	}
	if t.to == nil {
		return len(text), nil
	}
	return t.to.Write(text)
}

func (t *tail) String() string { return string(t.kept) }

// FindRoot returns the checkout that contains the folder from, by its go.mod.
func FindRoot(from string) (string, error) {
	for dir := from; ; dir = filepath.Dir(dir) {
		raw, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(raw), "module github.com/eddy-previews/eddy\n") {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", fmt.Errorf("%s is in no checkout of Eddy", from)
		}
	}
}

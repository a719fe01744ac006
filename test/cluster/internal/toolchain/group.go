// Package toolchain builds the pinned tools that the local system runs, with
// the Go toolchain alone, into a cache folder outside the checkout.
//
// Each group of tools is a Go module of its own below tools/, whose go.mod and
// go.sum pin every version. A group's folder in the cache is named by the hash
// of those two files and of the build flags, so a change of either builds anew
// and nothing stale is ever run.
//
// What it promises:
//
//  1. A tool that is in the cache is whole: it is written beside and renamed.
//  2. Two builds at the same time do not collide: each group has a lock.
//  3. With everything in the cache no Go command is run, and nothing that a
//     running system needs stays behind in Go's module cache.
package toolchain

import "strings"

// kubernetesVersion must be the version in tools/kubernetes/go.mod; a test
// holds the two together.
const kubernetesVersion = "v1.36.3"

// Group is one module below tools/ and what is built of it.
type Group struct {
	// Name is the folder below tools/.
	Name string
	// Tools are the programs: the file's name in the cache, and its package.
	Tools []Tool
	// Cgo builds with cgo; without it the program is static.
	Cgo bool
	// Tags and LDFlags are handed to go build.
	Tags    string
	LDFlags string
	// Files are folders copied out of the module cache, beside the tools.
	Files []Files
}

// Tool is one program of a group.
type Tool struct{ Name, Package string }

// Files names folders of a module that a program needs beside it.
type Files struct {
	// Module is the path of the module that holds the folders.
	Module string
	// Folders maps a folder of the module to its place in the group's folder.
	Folders map[string]string
}

// flags are the arguments of go build, but for the output and the package.
func (g Group) flags() []string {
	flags := []string{"-trimpath", "-buildvcs=false", "-ldflags", strings.TrimSpace("-s -w " + g.LDFlags)}
	if g.Tags != "" {
		flags = append(flags, "-tags", g.Tags)
	}
	return flags
}

// Groups are all pinned tools, in the order in which they are built.
func Groups() []Group {
	return []Group{
		{
			Name:  "etcd",
			Tools: []Tool{{"etcd", "go.etcd.io/etcd/server/v3"}},
		},
		{
			Name:    "kubernetes",
			LDFlags: kubernetesVersionFlags(kubernetesVersion),
			Tools: []Tool{
				{"kube-apiserver", "k8s.io/kubernetes/cmd/kube-apiserver"},
				{"kube-controller-manager", "k8s.io/kubernetes/cmd/kube-controller-manager"},
				{"kubectl", "k8s.io/kubernetes/cmd/kubectl"},
				{"kube-scheduler", "k8s.io/kubernetes/cmd/kube-scheduler"},
				{"kube-proxy", "k8s.io/kubernetes/cmd/kube-proxy"},
				{"kubelet", "k8s.io/kubernetes/cmd/kubelet"},
			},
		},
		fluxGroup("source-controller"),
		fluxGroup("kustomize-controller"),
		{
			Name:  "gitea",
			Cgo:   true, // its SQLite driver is C
			Tags:  "sqlite sqlite_unlock_notify",
			Tools: []Tool{{"gitea", "code.gitea.io/gitea"}},
			Files: []Files{{
				Module:  "code.gitea.io/gitea",
				Folders: map[string]string{"options": "static/options", "public": "static/public", "templates": "static/templates"},
			}},
		},
	}
}

func fluxGroup(name string) Group {
	module := "github.com/fluxcd/" + name
	return Group{
		Name:  name,
		Tools: []Tool{{name, module}},
		Files: []Files{{Module: module, Folders: map[string]string{"config/crd/bases": "crds"}}},
	}
}

// kubernetesVersionFlags stamp the version into the programs. Without them
// they take themselves for v0.0.0, and their feature gates with it.
func kubernetesVersionFlags(version string) string {
	major, rest, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	var flags []string
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags = append(flags,
			"-X "+pkg+".gitVersion="+version,
			"-X "+pkg+".gitMajor="+major,
			"-X "+pkg+".gitMinor="+minor)
	}
	return strings.Join(flags, " ")
}

// Selection is a set of tools that serve one purpose.
type Selection string

// The selections that can be built on their own.
const (
	All          Selection = "all"
	ControlPlane Selection = "control-plane"
	Flux         Selection = "flux"
	Gitea        Selection = "gitea"
	Node         Selection = "node"
	// Assets are what controller-runtime's envtest needs, and the Flux CRDs.
	Assets Selection = "assets"
)

// selections says what belongs to a selection: by group, the tools to build.
// A group without tools is there for its files.
func selections() map[Selection]map[string][]string {
	return map[Selection]map[string][]string{
		ControlPlane: {"etcd": {"etcd"}, "kubernetes": {"kube-apiserver", "kube-controller-manager", "kubectl"}},
		Flux:         {"source-controller": {"source-controller"}, "kustomize-controller": {"kustomize-controller"}},
		Gitea:        {"gitea": {"gitea"}},
		Node:         {"kubernetes": {"kubelet", "kube-scheduler", "kube-proxy"}},
		Assets:       {"etcd": {"etcd"}, "kubernetes": {"kube-apiserver"}, "source-controller": {}, "kustomize-controller": {}},
	}
}

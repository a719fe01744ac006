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
	// Tools are the programs.
	Tools []Tool
	// Cgo builds with cgo; without it the program is static.
	Cgo bool
	// Tags and LDFlags are handed to go build.
	Tags    []string
	LDFlags string
	// Files are folders copied out of the module cache, beside the tools.
	Files []Files
}

// Tool is one program of a group.
type Tool struct {
	// Name is the file's name in the cache: the last element of Package.
	Name string
	// Package is what is built, as the go command knows it in the module.
	Package string
	// Links are further names of the file, for a program that is several.
	Links []string
	// Cost is what it takes to compile from nothing, about, in seconds of one
	// CPU, in the order of Groups. Only estimates are made of it.
	Cost int
}

// Files names folders of a module that a program needs beside it.
type Files struct {
	// Module is the path of the module that holds the folders.
	Module string
	// Folders maps a folder of the module to its place in the group's folder.
	Folders map[string]string
}

// CommonFlags are the arguments of go build that everything is built with, here
// and in the Makefile: what two programs share is compiled once only where the
// flags are the same.
//
// Debug information would be stripped from the programs anyway, and to write it
// takes the compiler a fifth of its time. The tags keep cgo out of the packages
// net and os/user, and all that is built upon them, also where a program needs
// cgo for something else.
func CommonFlags() []string {
	return []string{"-trimpath", "-gcflags=all=-dwarf=false", "-tags=" + commonTags}
}

const commonTags = "netgo,osusergo"

// flags are the arguments of go build, but for the output and the package.
func (g Group) flags() []string {
	tags := strings.Join(append([]string{commonTags}, g.Tags...), ",")
	return append(CommonFlags(), "-tags="+tags, "-buildvcs=false", "-ldflags", strings.TrimSpace("-s -w "+g.LDFlags))
}

// Groups are all pinned tools. What a first preview needs comes first.
func Groups() []Group {
	return []Group{
		{
			Name:    "kubernetes",
			LDFlags: kubernetesVersionFlags(kubernetesVersion),
			Tools: []Tool{{Name: "kubernetes", Package: ".", Cost: 420, Links: []string{
				"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet", "kubectl",
			}}},
		},
		{
			Name:  "gitea",
			Cgo:   true, // its SQLite driver is C
			Tags:  []string{"sqlite", "sqlite_unlock_notify"},
			Tools: []Tool{{Name: "gitea", Package: "code.gitea.io/gitea", Cost: 260}},
			Files: []Files{{
				Module:  "code.gitea.io/gitea",
				Folders: map[string]string{"options": "static/options", "public": "static/public", "templates": "static/templates"},
			}},
		},
		{
			Name: "flux",
			Tools: []Tool{
				fluxTool("source-controller", 230), fluxTool("kustomize-controller", 30),
				fluxTool("helm-controller", 60), fluxTool("notification-controller", 40),
			},
			Files: []Files{
				fluxFiles("source-controller"), fluxFiles("kustomize-controller"),
				fluxFiles("helm-controller"), fluxFiles("notification-controller"),
			},
		},
		{Name: "registry", Tools: []Tool{{Name: "registry", Package: ".", Cost: 30}}},
	}
}

func fluxTool(name string, cost int) Tool {
	return Tool{Name: name, Package: "github.com/fluxcd/" + name, Cost: cost}
}

func fluxFiles(name string) Files {
	return Files{Module: "github.com/fluxcd/" + name, Folders: map[string]string{"config/crd/bases": "crds/" + name}}
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
	All Selection = "all"
	// First is what a first preview needs: all but Rest.
	First Selection = "first"
	// Rest is what a system can do without until it is built.
	Rest Selection = "rest"
	// Assets are what controller-runtime's envtest needs, and the Flux CRDs.
	Assets Selection = "assets"
)

// Selections are the names of all selections.
func Selections() []Selection { return []Selection{All, First, Rest, Assets} }

// selections says what belongs to a selection: by group, the tools to build.
// A group without tools is there for its files.
func selections() map[Selection]map[string][]string {
	return map[Selection]map[string][]string{
		First: {
			"kubernetes": {"kubernetes"}, "gitea": {"gitea"},
			"flux": {"source-controller", "kustomize-controller"},
		},
		Rest:   {"flux": {"helm-controller", "notification-controller"}, "registry": {"registry"}},
		Assets: {"kubernetes": {"kubernetes"}, "flux": {}},
	}
}

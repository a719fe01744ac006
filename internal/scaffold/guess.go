package scaffold

import (
	"cmp"
	"context"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// guesses are the answers that a fleet repository suggests, the best first.
type guesses struct {
	found   *found
	answers *Answers
	// read is the base, once a question has looked into it.
	read *reading
}

// base reads the base as it is answered now.
func (g guesses) base(ctx context.Context) (base, error) { return g.read.of(ctx, *g.answers) }

// lookAtBase builds the base.
func (g guesses) lookAtBase(ctx context.Context) error {
	_, err := g.base(ctx)
	return err
}

// lookForImage looks for what runs the image.
func (g guesses) lookForImage(ctx context.Context) error {
	base, err := g.base(ctx)
	if err != nil {
		return err
	}
	return base.choose(*g.answers)
}

// forges are that of a host that everybody knows, and those that are watched already.
func (g guesses) forges(context.Context) []string {
	var out []string
	for _, address := range g.addresses() {
		parsed, err := url.Parse(address)
		if err != nil {
			continue
		}
		first, _, _ := strings.Cut(parsed.Hostname(), ".")
		named := map[string]string{"github": "github", "gitlab": "gitlab", "gitea": "gitea", "forgejo": "gitea", "bitbucket": "bitbucket-data-center"}
		out = append(out, cmp.Or(homeOf(parsed), named[first]))
	}
	return out
}

// addresses are where the fleet comes from, and what is watched already.
func (g guesses) addresses() []string {
	out := []string{g.found.remote()}
	for _, watcher := range g.found.watchers {
		out = append(out, watcher.Spec.URL)
	}
	return out
}

// urls are that of the fleet, when the service can be seen to be in it; else the one
// beside it that is called like the service.
func (g guesses) urls(context.Context) []string {
	remote := g.found.remote()
	if remote == "" || len(g.found.dockerfiles) > 0 {
		return []string{remote}
	}
	names := []string{g.answers.Service}
	if names[0] == "" {
		names = g.unserved()
	}
	var out []string
	for _, name := range names {
		out = append(out, remote[:strings.LastIndex(remote, "/")+1]+name)
	}
	return append(out, remote)
}

// services are called like their repository, or where that has several, like the
// folders with the manifests of those that have no previews yet.
func (g guesses) services(context.Context) []string {
	name := strings.ToLower(path.Base(strings.TrimSuffix(strings.TrimRight(g.answers.URL, "/"), ".git")))
	unserved := g.unserved()
	if len(g.found.neighbours(*g.answers)) == 0 && slices.Contains(unserved, name) {
		return []string{name}
	}
	return append(unserved, name)
}

// unserved are the services of which there are manifests, and no previews.
func (g guesses) unserved() []string {
	var out []string
	for _, folder := range g.found.bases() {
		name := path.Base(folder)
		if !slices.ContainsFunc(g.found.watchers, func(w watcher) bool { return w.service() == name }) {
			out = append(out, name)
		}
	}
	return out
}

// bases are the folders of Deployments, that of the service first.
func (g guesses) bases(context.Context) []string {
	return namedFirst(g.found.bases(), g.answers.Service)
}

// namedFirst puts the paths that end with a name before the others.
func namedFirst(paths []string, name string) []string {
	rank := func(one string) int {
		if path.Base(one) == name {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(paths, func(a, b string) int { return cmp.Compare(rank(a), rank(b)) })
	return paths
}

// bases are the folders in which a Deployment stands whole: a patch has no selector.
func (f *found) bases() []string {
	var out []string
	for _, document := range f.documents["Deployment"] {
		folder := path.Dir(document.File)
		if document.At("spec", "selector") != nil && !slices.Contains(out, folder) {
			out = append(out, folder)
		}
	}
	return out
}

// fluxPaths are where previews are, where flux bootstrap has left its files, and where
// else a repository of git is named for Flux.
func (g guesses) fluxPaths(context.Context) []string {
	var previews, bootstrapped, others []string
	for _, watcher := range g.found.watchers {
		if before, _, isOurs := strings.Cut(watcher.file, "/apps/"); isOurs {
			previews = append(previews, before)
		}
	}
	for _, document := range g.found.documents["GitRepository"] {
		folder := path.Dir(document.File)
		if path.Base(folder) == "flux-system" {
			bootstrapped = append(bootstrapped, path.Dir(folder))
			continue
		}
		others = append(others, folder)
	}
	return slices.Concat(previews, bootstrapped, others)
}

// images are those that the Deployments of the base run, those called like the service
// first.
func (g guesses) images(ctx context.Context) []string {
	base, err := g.base(ctx)
	if err != nil {
		return nil
	}
	var out []string
	for _, one := range base.workloads() {
		out = append(out, one.image)
	}
	return namedFirst(out, g.answers.Service)
}

// previewHost is a host of an overlay.
var previewHost = regexp.MustCompile(`-\$\{PR_NUMBER\}\.([\w.-]+)`)

// domains are those of other services' previews, and the one beside the service's own
// host.
func (g guesses) domains(ctx context.Context) []string {
	var out []string
	for _, watcher := range g.found.watchers {
		text, err := g.found.root.Read(filepath.FromSlash(path.Join(path.Dir(watcher.file), "..", "pr-template", "pr-env-vars-patch.yaml")))
		if host := previewHost.FindSubmatch(text); err == nil && host != nil {
			out = append(out, string(host[1]))
		}
	}
	base, err := g.base(ctx)
	if err != nil {
		return out
	}
	for _, host := range base.routes.hosts() {
		if _, domain, isBelow := strings.Cut(host, "."); isBelow && strings.Contains(domain, ".") {
			out = append(out, "preview."+domain)
		}
	}
	return out
}

// namespaces are those of other previews, and those that the fleet makes.
func (g guesses) namespaces(context.Context) []string {
	var out []string
	for _, watcher := range g.found.watchers {
		out = append(out, watcher.Namespace)
	}
	out = append(out, DefaultNamespace)
	for _, document := range g.found.documents["Namespace"] {
		out = append(out, document.Object.GetName())
	}
	return slices.DeleteFunc(out, func(name string) bool { return strings.HasSuffix(name, "-system") })
}

// paths are the folder of the service's own Dockerfile.
func (g guesses) paths(context.Context) []string {
	var out []string
	for _, folder := range g.found.dockerfiles {
		if folder != "." && path.Base(folder) == g.answers.Service {
			out = append(out, folder+"/**")
		}
	}
	return out
}

// isShared reports whether a repository can be seen to have several services.
func (g guesses) isShared() bool {
	inIt := g.found.remote() != "" && strings.EqualFold(strings.TrimSuffix(g.answers.URL, ".git"), g.found.remote())
	return len(g.found.neighbours(*g.answers)) > 0 || inIt && len(g.found.dockerfiles) > 1
}

// isUnrouted reports whether nothing leads to the service, and an Ingress could.
func (g guesses) isUnrouted(ctx context.Context) bool {
	base, err := g.base(ctx)
	if err != nil || !base.routes.isEmpty() || base.choose(*g.answers) != nil {
		return false
	}
	return base.routes.backend(base.chosen()) != nil
}

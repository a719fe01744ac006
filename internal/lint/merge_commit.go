package lint

import (
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/manifest"
)

// mergeCommit finds a workflow that calls an image by the commit of GitHub's that it runs
// on, where a provider waits for that of the request: they are never the same, so the
// image never comes.
//
// https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request
func mergeCommit(c calling) *Finding {
	return &Finding{
		Position: c.script.Position(c.node),
		Message:  fmt.Sprintf("%s is the merge of a pull request with its target, or the target itself, and %q waits for an image of its head, which never comes", c.commit, c.provider.Object.Name),
		Fix:      c.fix,
	}
}

// calling is a place in a workflow for pull requests that calls an image by a commit.
type calling struct {
	provider    Provider
	script      *manifest.Document
	node        *yamlv3.Node
	commit, fix string
}

// merges are the places that call an image by the commit of the workflow, each once.
func merges(s *Setup) iter.Seq[calling] {
	return func(yield func(calling) bool) {
		seen := map[*yamlv3.Node]bool{}
		for provider := range watchers(s) {
			if provider.Object.Spec.Type != v1.InputProviderGitHubPullRequest || !provider.provesImages() {
				continue
			}
			for _, script := range provider.building() {
				for _, found := range provider.callings(script) {
					if !seen[found.node] && !yield(found) {
						return
					}
					seen[found.node] = true
				}
			}
		}
	}
}

// callings are those of a workflow.
func (p Provider) callings(script *manifest.Document) []calling {
	if !runsForRequests(script) {
		return nil
	}
	var out []calling
	told := false // that the action for metadata is to take the head
	scalars(script.Root, nil, func(path []string, scalar *yamlv3.Node) {
		told = told || path[len(path)-1] == metadataHead && scalar.Value == "true"
		if commit := mergeOf.FindString(scalar.Value); commit != "" && p.callsImage(path, scalar.Value) {
			out = append(out, calling{p, script, scalar, commit, "call it by ${{ github.event.pull_request.head.sha }}"})
		}
	})
	scalars(script.Root, nil, func(path []string, scalar *yamlv3.Node) {
		if path[len(path)-1] == "uses" && strings.HasPrefix(scalar.Value, "docker/metadata-action@") && !told && p.takesMetadata(script) {
			out = append(out, calling{p, script, scalar, "the commit that docker/metadata-action takes", "set " + metadataHead + `: "true" in the env of the step`})
		}
	})
	return out
}

// metadataHead lets docker/metadata-action take the head of a request.
//
// https://github.com/docker/metadata-action#typesha
const metadataHead = "DOCKER_METADATA_PR_HEAD_SHA"

var (
	// mergeOf is how a workflow names the commit that it runs on.
	mergeOf = regexp.MustCompile(`\bgithub\.sha\b|\bGITHUB_SHA\b`)
	// builders make or move images.
	builders = regexp.MustCompile(`\b(docker|buildx|podman|buildah|kaniko|nerdctl|crane|skopeo)\b`)
	// imageKeys are fields that hold the name or the tag of an image, or its labels.
	imageKeys = regexp.MustCompile(`(?i)^(image|images|tag|tags|labels|image[-_]?(tag|name|ref))$`)
)

// callsImage reports whether a text of a workflow is the name of an image that the
// provider waits for. One that knows the head too chooses by the event.
func (p Provider) callsImage(path []string, text string) bool {
	if strings.Contains(text, "head.sha") {
		return false
	}
	return imageKeys.MatchString(path[len(path)-1]) || builders.MatchString(text) ||
		slices.ContainsFunc(p.Object.Spec.Gate.Images, func(i v1.GateImage) bool { return strings.Contains(text, i.Repository) })
}

// takesMetadata reports whether what docker/metadata-action says of the commit matters:
// the label of the image, or a tag of it.
func (p Provider) takesMetadata(script *manifest.Document) bool {
	takes := slices.ContainsFunc(p.Object.Spec.Gate.Images, func(i v1.GateImage) bool { return i.Revision == v1.RevisionLabel })
	scalars(script.Root, nil, func(_ []string, scalar *yamlv3.Node) {
		takes = takes || strings.Contains(scalar.Value, "type=sha")
	})
	return takes
}

// runsForRequests reports whether a file is a workflow for pull requests.
func runsForRequests(script *manifest.Document) bool {
	isFor := func(name string) bool { return name == "pull_request" || name == "pull_request_target" }
	on := script.At("on")
	switch {
	case on == nil || script.At("jobs") == nil:
		return false
	case on.Kind == yamlv3.ScalarNode:
		return isFor(on.Value)
	default: // a list, or a mapping with a key for each event
		return slices.ContainsFunc(on.Content, func(node *yamlv3.Node) bool { return isFor(node.Value) })
	}
}

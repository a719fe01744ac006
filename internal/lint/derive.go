package lint

import (
	"reflect"
	"regexp"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/simulate"
)

// To build an overlay takes a hundred times as long as to stamp out its Kustomization,
// and what is built for two requests mostly differs in nothing but what the two
// Kustomizations hand on: a suffix, a namespace, variables. Then it is written down with
// the one in the place of the other. Whether that is so for an overlay is seen by one
// request for which both are done.

// derived is what would be built for a request, of which other is what is stamped out, as
// far as what was built for the first one tells.
func derived(first, other simulate.Result) (out simulate.Result, ok bool) {
	if len(first.Parts) != len(other.Parts) {
		return out, false
	}
	out = other
	out.Parts = slices.Clone(other.Parts)
	for n, part := range first.Parts {
		if part.Kustomization == nil && other.Parts[n].Kustomization == nil {
			continue
		}
		changes, ok := changesOf(part, other.Parts[n])
		if !ok || part.Err != nil || len(part.LeftOut) > 0 {
			return out, false
		}
		out.Parts[n].Deployed = nil
		for _, object := range part.Deployed {
			written, _ := rewritten(object.Object, changes).(map[string]any)
			out.Parts[n].Deployed = append(out.Parts[n].Deployed, &unstructured.Unstructured{Object: written})
		}
	}
	return out, true
}

// hasSame reports whether the same is deployed.
func hasSame(a, b simulate.Result) bool {
	return slices.EqualFunc(a.Parts, b.Parts, func(a, b simulate.Part) bool {
		return a.Err == nil && b.Err == nil && reflect.DeepEqual(a.Deployed, b.Deployed)
	})
}

var (
	// handedOn are the fields of a Kustomization whose texts show in what is built as
	// they are.
	handedOn = regexp.MustCompile(`^spec\.(nameSuffix|namePrefix|targetNamespace|postBuild\.substitute\..+|commonMetadata\..+)$`)
	// telling is a text that stands nowhere else, and plain one that no reader of YAML
	// takes for anything else.
	telling = regexp.MustCompile(`.{6}`)
	plain   = regexp.MustCompile(`^-?[A-Za-z0-9][A-Za-z0-9._/-]*$`)
)

// changesOf are the texts of the first Kustomization in whose place the other one has
// others; not ok where it differs in a way that nobody can tell the outcome of.
func changesOf(first, other simulate.Part) (*strings.Replacer, bool) {
	a, _ := first.Stamped.Object["spec"].(map[string]any)
	b, _ := other.Stamped.Object["spec"].(map[string]any)
	before, after := leaves(a, "spec"), leaves(b, "spec")
	if len(before) != len(after) {
		return nil, false
	}
	by := map[string]string{}
	for n, was := range before {
		is := after[n]
		if !reflect.DeepEqual(was.path, is.path) {
			return nil, false
		}
		if was.value == is.value {
			continue
		}
		from, isText := unquoted(was.value)
		to, areTexts := unquoted(is.value)
		known, twice := by[from]
		if !isText || !areTexts || !handedOn.MatchString(manifest.Dotted(was.path)) || !telling.MatchString(from) || !plain.MatchString(to) || twice && known != to {
			return nil, false
		}
		by[from] = to
	}
	longest := sortedKeys(by)
	slices.SortStableFunc(longest, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, from := range longest {
		pairs = append(pairs, from, by[from])
	}
	return strings.NewReplacer(pairs...), true
}

// unquoted is a text without the quotes that a variable may have, so that YAML takes it
// for a text.
func unquoted(value any) (string, bool) {
	text, is := value.(string)
	return strings.Trim(text, `"'`), is
}

// rewritten is a tree with changes in its texts, whether they are keys or values.
func rewritten(tree any, changes *strings.Replacer) any {
	switch tree := tree.(type) {
	case map[string]any:
		out := make(map[string]any, len(tree))
		for key, value := range tree {
			out[changes.Replace(key)] = rewritten(value, changes)
		}
		return out
	case []any:
		out := make([]any, 0, len(tree))
		for _, item := range tree {
			out = append(out, rewritten(item, changes))
		}
		return out
	case string:
		return changes.Replace(tree)
	default:
		return tree
	}
}

package overlay_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"

	"github.com/eddy-previews/eddy/internal/overlay"
)

// doubling is an overlay whose one value has 2^(n+1) bytes.
func doubling(n int) string {
	out := "-- app/kustomization.yaml --\nresources: [own.yaml]\nreplacements:\n"
	for range n {
		out += "- source: {kind: ConfigMap, name: own, fieldPath: data.key}\n" +
			"  targets: [{select: {kind: ConfigMap, name: own}, fieldPaths: [data.key], options: {delimiter: x, index: -1}}]\n"
	}
	return ownFile + out
}

// patched is an overlay that gives each of n objects a text of a MiB.
func patched(n int) string {
	out := "-- app/kustomization.yaml --\nresources: [all.yaml]\npatches: [{path: patch.yaml, target: {kind: ConfigMap}}]\n" +
		"-- app/patch.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {text: " + strings.Repeat("x", 1<<20) + "}\n-- app/all.yaml --\n"
	for i := range n {
		out += fmt.Sprintf("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: n%d}\n", i)
	}
	return out
}

func TestAnOverlayThatMultipliesIsGivenUp(t *testing.T) {
	if testing.Short() {
		t.Skip("what is given up goes on for seconds: run without -short")
	}
	for claim, test := range map[string]struct {
		archive string
		limits  overlay.Limits
		words   string
	}{
		"replacements that double a value": {doubling(25), overlay.Limits{Time: time.Hour, Memory: 32 << 20}, "given up at 32 MiB"},
		"a large patch of many objects":    {patched(60), overlay.Limits{Time: time.Hour, Memory: 32 << 20}, "given up at 32 MiB"},
		"one that takes too long":          {doubling(1), overlay.Limits{Memory: 1 << 40}, "given up after 0s"},
	} {
		fleet := overlay.Open(repository(t, test.archive))
		fleet.Limits = test.limits
		for range 2 { // nothing more is built
			_, err := fleet.Build(context.Background(), "app", kustomizev1.Kustomization{})
			if !errors.Is(err, overlay.ErrLimit) || !strings.Contains(err.Error(), test.words) || !strings.Contains(err.Error(), `building "app"`) {
				t.Errorf("%s: %v does not say %q", claim, err, test.words)
			}
		}
	}
}

func TestSubstitutionThatMultipliesIsRefused(t *testing.T) {
	long := strings.Repeat("a", 5000)
	deep := "[&a0 [x]"
	for i := range 2000 {
		deep += fmt.Sprintf(", &a%d [*a%d]", i+1, i)
	}
	for claim, test := range map[string]struct{ value, words string }{
		"each character becomes a text":        {"${A//a/${A}}", "more than 10 MiB"},
		"each character of each, and so forth": {"${A//a/${A//a/${A//a/${A//a/${A//a/${A}}}}}}", "more than 10 MiB"},
		"variables that are in each other":     {strings.Repeat("${X:-", 2000) + strings.Repeat("}", 2000), "in each other"},
		"variables that are not closed":        {strings.Repeat("${X:-", 2000), "in each other"},
		"aliases of aliases":                   {"${DEEP}", "without end"},
	} {
		archive := "-- app/kustomization.yaml --\nresources: [own.yaml]\n-- app/own.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: own}\ndata: {key: \"" + test.value + "\"}\n"
		ks := kustomizev1.Kustomization{Spec: substitutes("A", long)}
		ks.Spec.PostBuild.Substitute["DEEP"] = deep + "]"
		_, err := overlay.Build(context.Background(), repository(t, archive), "app", ks)
		if err == nil || !strings.Contains(err.Error(), test.words) {
			t.Errorf("%s: %.300v does not say %q", claim, err, test.words)
		}
	}
}

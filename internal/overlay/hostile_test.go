package overlay_test

import (
	"context"
	"strings"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/render"
	"github.com/eddy-previews/eddy/test/sample"
)

const passedOn = `
inputs: [{id: "7"}]
resources:
- apiVersion: kustomize.toolkit.fluxcd.io/v1
  kind: Kustomization
  metadata: {name: api-pr-<< inputs.id >>, namespace: app-dev}
  spec:
    interval: 10m
    prune: true
    path: ./preview
    sourceRef: {kind: GitRepository, name: fleet}
    postBuild: {substitute: {PR_NUMBER: "<< inputs.id >>", TITLE: "<< inputs.title >>"}}
`

// showsTitle is an overlay that puts the title into a field of its own.
const showsTitle = `
-- preview/kustomization.yaml --
resources: [config.yaml]
-- preview/config.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: "api-${PR_NUMBER}", namespace: app-dev, annotations: {title: "${TITLE}"}}
data: {title: "${TITLE}", after: it}
`

// stamped renders the Kustomization of a pull request with a title.
func stamped(t *testing.T, title string) kustomizev1.Kustomization {
	t.Helper()
	program, err := render.Compile(sample.Set(t, passedOn))
	if err != nil {
		t.Fatal(err)
	}
	preview, err := program.Render(t.Context(), input.Set{Values: map[string]any{"id": "7", "title": title}})
	if err != nil {
		t.Fatal(err)
	}
	var out kustomizev1.Kustomization
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(preview.Objects[0].Object, &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestATitleThatIsPassedOnToFluxStaysOneValue(t *testing.T) {
	t.Parallel()
	titles := []string{
		"Add a cart", "fix: the bug", "a # comment", "two\nlines", "two\r\nlines", "a\ttab", "${X}", "${PR_NUMBER}", "$X", "$${X}",
		"x\nevil: true", "x\n  evil: true", `x", evil: "y`, "---", "- item", "? key", "x:", "| block", "> folded", "{map: x}", "[list]",
		"&anchor x", "*alias", "!!binary x", `"quoted"x`, `say "hi"`, "it's", `back\slash`, "`tick`", "@at", "%d", " leading", "trailing ",
		"\u202eright to left", "\u2028separator", "emoji 🎉", strings.Repeat("long ", 2000) + "end", "{{ .Values }}", "$patch: delete",
	}
	fleet := overlay.Open(repository(t, showsTitle))
	for _, title := range titles {
		built, err := fleet.Build(context.Background(), "preview", stamped(t, title))
		if err != nil {
			t.Errorf("%.40q: %v", title, err)
			continue
		}
		got := built.Objects[0]
		if got.GetName() != "api-7" || len(got.Object) != 4 || len(got.GetAnnotations()) != 1 || got.GetAnnotations()["title"] != title {
			t.Errorf("%.40q became %v", title, got.Object)
		}
		if data, _ := got.Object["data"].(map[string]any); len(data) != 2 || data["title"] != title || data["after"] != "it" {
			t.Errorf("%.40q became the data %v", title, data)
		}
	}
}

package evidence_test

import (
	"encoding/json"
	"strings"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/evidence"
	"github.com/eddy-previews/eddy/internal/forge"
)

// gated is a provider with a gate of one image with a tag.
func gated(tag string) *v1.ResourceSetInputProvider {
	provider := &v1.ResourceSetInputProvider{}
	provider.Spec.Gate = &v1.Gate{Images: []v1.GateImage{{Name: "api", Repository: "registry.example.com/acme/api", Tag: tag}}}
	return provider
}

func TestATagIsMadeOfWhatIsExportedOfARequest(t *testing.T) {
	item := forge.Item{ID: "7", SHA: "6dcb09b5b57875f334f61aebed695e2e4193db5e", Branch: "feature/X", Title: "fix: it"}
	for tag, want := range map[string]string{
		"":                                    item.SHA,
		"sha-<< trunc 7 inputs.sha >>":        "sha-6dcb09b",
		"pr-<< inputs.id >>":                  "pr-7",
		"<< inputs.shortSha >>":               "6dcb09b5b578",
		"<< slugify inputs.branch >>-v1":      "feature-x-v1",
		"<< inputs.branch >>":                 "no valid tag",
		"<< inputs.title >>-<< inputs.sha >>": "no valid tag",
		"<< inputs.missing >>":                `there is no key "missing"`,
		"<< inputs.sha":                       "unclosed action",
		"../<< inputs.sha >>":                 "no valid tag",
	} {
		gate, err := evidence.Compile(gated(tag))
		var made v1.ResourceSetInput
		if err == nil {
			made, err = gate.MadeUp(t.Context(), item)
		}
		if err != nil {
			if !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "spec.gate.images[0].tag: ") || strings.Contains(err.Error(), "spec.resources") {
				t.Errorf("%s: %v, want %s", tag, err, want)
			}
			continue
		}
		var images map[string]map[string]string
		if err := json.Unmarshal(made["images"].Raw, &images); err != nil || images["api"]["tag"] != want {
			t.Errorf("%s: %s, %v, want %s", tag, made["images"].Raw, err, want)
		}
	}
}

func TestWithoutAGateNothingIsExported(t *testing.T) {
	gate, err := evidence.Compile(&v1.ResourceSetInputProvider{})
	if made, also := gate.MadeUp(t.Context(), forge.Item{ID: "7"}); made != nil || err != nil || also != nil {
		t.Errorf("%v, %v, %v", made, err, also)
	}
}

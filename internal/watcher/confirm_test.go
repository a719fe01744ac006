package watcher

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/export"
	"github.com/eddy-previews/eddy/internal/identity"
	"github.com/eddy-previews/eddy/internal/source"
)

var (
	now      = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	twoWeeks = metav1.Duration{Duration: 14 * 24 * time.Hour}
)

func jsonText(text string) *apiextensionsv1.JSON {
	return &apiextensionsv1.JSON{Raw: []byte(fmt.Sprintf("%q", text))}
}

// textOf returns a value that is a string, "" for any other.
func exportedJSON(t *testing.T, provider *v1.ResourceSetInputProvider) string {
	t.Helper()
	text, err := json.Marshal(provider.Status.ExportedInputs)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// exporting is a provider that has exported.
func exporting(inputs ...v1.ResourceSetInput) export.Inputs {
	return export.Read(&v1.ResourceSetInputProvider{Status: v1.ResourceSetInputProviderStatus{ExportedInputs: inputs}})
}

func TestMissingIDsComeInAStableOrder(t *testing.T) {
	var inputs []v1.ResourceSetInput
	for _, id := range strings.Fields("3 1 2 10") {
		inputs = append(inputs, v1.ResourceSetInput{"id": jsonText(id)})
	}
	for range 20 {
		if got := missing([]source.Item{{ID: "2"}}, exporting(inputs...).Keys()); !slices.Equal(got, []string{"1", "10", "3"}) {
			t.Fatalf("missing ids are %v", got)
		}
	}
}

func TestWhatIsMissingIsAskedForByItsName(t *testing.T) {
	ids, _ := identity.Assign([]string{"v1.2.0", "v2.0.1", "main"}, nil, identity.Checksum)
	var inputs []v1.ResourceSetInput
	for name, id := range ids {
		inputs = append(inputs, v1.ResourceSetInput{"id": jsonText(id), "branch": jsonText(name)})
	}
	if got := missing([]source.Item{{Name: "main", Branch: "main"}}, exporting(inputs...).Keys()); !slices.Equal(got, []string{"v1.2.0", "v2.0.1"}) {
		t.Errorf("missing are %q", got)
	}
}

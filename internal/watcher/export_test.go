package watcher

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/report"
	"github.com/eddy-previews/eddy/internal/source"
)

func exportedJSON(t *testing.T, provider *v1.ResourceSetInputProvider) string {
	t.Helper()
	text, err := json.Marshal(provider.Status.ExportedInputs)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// mustExport exports items, all of them as they are.
func mustExport(t *testing.T, provider *v1.ResourceSetInputProvider, items []exportable) {
	t.Helper()
	if omitted, err := export(provider, items, readExported(provider)); err != nil || len(omitted) > 0 {
		t.Fatal(tell(omitted), err)
	}
}

func TestARequestIsExportedUnderTheContractsNames(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{}
	item := source.Item{
		ID: "7", SHA: "1e10", Branch: "feature/x", TargetBranch: "main", Title: `say "hi": #1`, Author: "ada",
		Labels: []string{"a", "b"}, URL: "https://gitea.example.com/acme/api/pulls/7", Draft: true,
		UpdatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("CET", 3600)),
	}
	mustExport(t, provider, []exportable{{Item: item}})
	want := `[{"author":"ada","branch":"feature/x","draft":true,"fork":false,"id":"7","labels":["a","b"],"sha":"1e10",` +
		`"targetBranch":"main","title":"say \"hi\": #1","updatedAt":"2026-01-02T02:04:05Z","url":"https://gitea.example.com/acme/api/pulls/7"}]`
	if got := exportedJSON(t, provider); got != want {
		t.Errorf("exported\n%s\nwant\n%s", got, want)
	}
	if !strings.HasPrefix(provider.Status.LastExportedRevision, "sha256:") {
		t.Errorf("the revision is %q", provider.Status.LastExportedRevision)
	}
}

func TestEmptyTextsAreLeftOutAndDefaultsFillThem(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{}
	provider.Spec.DefaultValues = v1.ResourceSetInput{
		"labels": {Raw: []byte(`["none"]`)}, "id": jsonText("never"), "replicas": {Raw: []byte("2")},
	}
	mustExport(t, provider, []exportable{{Item: source.Item{ID: "7", SHA: "a"}}})
	want := `[{"draft":false,"fork":false,"id":"7","labels":["none"],"replicas":2,"sha":"a"}]`
	if got := exportedJSON(t, provider); got != want {
		t.Errorf("exported\n%s\nwant\n%s", got, want)
	}
}

func TestAFrozenRequestKeepsWhatTheForgeSaidAndTakesTheDefaultsOfToday(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{}
	provider.Spec.DefaultValues = v1.ResourceSetInput{"tier": jsonText("new")}
	frozen := v1.ResourceSetInput{"id": jsonText("7"), "sha": jsonText("old"), "tier": jsonText("old")}
	item := exportable{Item: source.Item{ID: "7", SHA: "new", Title: "t"}, frozen: frozen}
	mustExport(t, provider, []exportable{item})
	want := `[{"draft":false,"fork":false,"id":"7","sha":"old","tier":"new","title":"t"}]`
	if got := exportedJSON(t, provider); got != want {
		t.Errorf("exported\n%s\nwant\n%s", got, want)
	}
}

func TestANullDefaultIsNamed(t *testing.T) {
	for _, value := range []*apiextensionsv1.JSON{nil, {}, {Raw: []byte("null")}} {
		provider := &v1.ResourceSetInputProvider{}
		provider.Spec.DefaultValues = v1.ResourceSetInput{"tier": value}
		_, err := export(provider, nil, nil)
		assertStalled(t, err, v1.ReasonInvalidDefaultValues, "spec.defaultValues.tier is null")
	}
}

func assertStalled(t *testing.T, err error, reason, words string) {
	t.Helper()
	var known *report.Error
	if !errors.As(err, &known) || known.Outcome.Kind != report.Stalled || known.Outcome.Reason != reason {
		t.Fatalf("got %v, want a run that stalls with %s", err, reason)
	}
	if !strings.Contains(err.Error(), words) {
		t.Errorf("the error does not say %q: %v", words, err)
	}
}

package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/identity"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/test/apiserver"
)

var server *apiserver.Server

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }

func jsonText(text string) *apiextensionsv1.JSON {
	return &apiextensionsv1.JSON{Raw: []byte(fmt.Sprintf("%q", text))}
}

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
	if omitted, err := export(provider, items, Read(provider)); err != nil || len(omitted) > 0 {
		t.Fatal(Tell(omitted), err)
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
		assertWrong(t, err, v1.ReasonInvalidDefaultValues, "spec.defaultValues.tier is null")
	}
}

func assertWrong(t *testing.T, err error, reason, words string) {
	t.Helper()
	var wrong *Error
	if !errors.As(err, &wrong) || wrong.Reason != reason {
		t.Fatalf("got %v, want what only the spec can mend, with %s", err, reason)
	}
	if !strings.Contains(err.Error(), words) {
		t.Errorf("the error does not say %q: %v", words, err)
	}
}

func TestWithoutAForgeARequestIsExportedAsTheOperatorWould(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{}
	provider.Spec = v1.ResourceSetInputProviderSpec{
		Type: v1.InputProviderGitHubPullRequest, Skip: &v1.InputProviderSkip{Labels: []string{"!ready"}},
		DefaultValues: v1.ResourceSetInput{"tier": jsonText("small"), "id": jsonText("0")},
	}
	items := []source.Item{
		{ID: "7", SHA: "c0ffee", Title: "x: y", Labels: []string{"ready"}},
		{ID: "8", SHA: "c0ffee"},
	}
	reexport(t, provider, items)
	const want = `[{"draft":false,"fork":false,"id":"7","labels":["ready"],"sha":"c0ffee","tier":"small","title":"x: y"}]`
	if got := exportedJSON(t, provider); got != want {
		t.Errorf("exported is %s, want %s", got, want)
	}
}

func TestABranchAndATagAreExportedUnderTheContractsNames(t *testing.T) {
	for _, c := range []struct {
		item source.Item
		want string
	}{
		{branch("main"), `[{"branch":"main","id":"` + identity.Checksum("main") + `","sha":"c0ffee"}]`},
		{source.Item{Name: "v1", Tag: "v1", SHA: "c0ffee"}, `[{"id":"` + identity.Checksum("v1") + `","sha":"c0ffee","tag":"v1"}]`},
		{source.Item{ID: "7", SHA: "a", Branch: "main", Environment: "review/x", Title: "review/x", Slug: "review-x", Author: "ada"},
			`[{"author":"ada","branch":"main","id":"7","sha":"a","slug":"review-x","title":"review/x"}]`},
	} {
		provider := &v1.ResourceSetInputProvider{}
		reexport(t, provider, []source.Item{c.item})
		if got := exportedJSON(t, provider); got != c.want {
			t.Errorf("exported\n%s\nwant\n%s", got, c.want)
		}
	}
}

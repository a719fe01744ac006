package export

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// shas lists what a provider exports, as id@sha.
func shas(provider *v1.ResourceSetInputProvider) string {
	var out []string
	for _, in := range provider.Status.ExportedInputs {
		var id, sha string
		_, _ = json.Unmarshal(in["id"].Raw, &id), json.Unmarshal(in["sha"].Raw, &sha) // empty where they are not texts
		out = append(out, id+"@"+sha)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// Those who upgrade keep the revision that they had.
func TestTheRevisionOfPlainInputsIsTheDigestOfTheirYAML(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{}
	mustExport(t, provider, []exportable{{Item: source.Item{ID: "7", SHA: "1e10", Title: `say "hi": #1 é <b>`, Labels: []string{"a"}}}})
	// Of "- draft: false", "  fork: false", "  id: \"7\"" and so on, a line each.
	if got, want := provider.Status.LastExportedRevision, "sha256:785e59bf42301d02e6636bb489c503087b8253bc84c976d5d875989726af5e17"; got != want {
		t.Errorf("it is %s, want %s", got, want)
	}
}

func TestOverTheSizeTheNewestAreLeftOutAndThoseThatRunStay(t *testing.T) {
	big := func(id, title string) exportable {
		return exportable{Item: source.Item{ID: id, SHA: "a", Title: title + strings.Repeat("x", 300<<10)}}
	}
	provider := &v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{Type: v1.InputProviderGitHubPullRequest}}
	ids := func() string { return shas(provider) }
	omitted, err := export(provider, []exportable{big("4", ""), big("3", ""), big("2", ""), big("1", "")}, Read(provider))
	if err != nil || ids() != "1@a 2@a 3@a" || len(omitted) != 1 || omitted[0].key != "4" || omitted[0].kept {
		t.Fatalf("exported %s, %s, %v", ids(), Tell(omitted), err)
	}
	// One that is older than all, one that grew, and one that shrank.
	grown := exportable{Item: source.Item{ID: "2", SHA: "b", Title: strings.Repeat("x", 500<<10)}}
	small := exportable{Item: source.Item{ID: "3", SHA: "b"}}
	omitted, err = export(provider, []exportable{big("4", ""), small, grown, big("1", "n"), big("0", "")}, Read(provider))
	if err != nil || ids() != "1@a 2@b 3@b" || len(omitted) != 2 {
		t.Fatalf("exported %s, %s, %v", ids(), Tell(omitted), err)
	}
	grown.Title, grown.SHA = strings.Repeat("x", 900<<10), "c"
	omitted, err = export(provider, []exportable{grown, big("1", "m")}, Read(provider))
	if err != nil || ids() != "1@a 2@b" || len(omitted) != 1 || !omitted[0].kept {
		t.Fatalf("exported %s, %s, %v", ids(), Tell(omitted), err)
	}
}

func TestAStaticProviderWhoseInputDoesNotFitStalls(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{Spec: v1.ResourceSetInputProviderSpec{Type: v1.InputProviderStatic}}
	provider.Spec.DefaultValues = v1.ResourceSetInput{"blob": jsonText(strings.Repeat("x", 1<<20))}
	_, err := export(provider, []exportable{{Item: source.Static("uid")}}, nil)
	assertWrong(t, err, v1.ReasonInvalidExportedInputs, "shorten spec.defaultValues")
}

func TestAMessageNamesAFewOfManyOmissions(t *testing.T) {
	var many []Omission
	for n := range 100 {
		many = append(many, Omission{key: fmt.Sprint(n, strings.Repeat("k", 500)), why: fmt.Errorf("%s", strings.Repeat("é", 500))})
	}
	if got := Tell(many); len(got) > 3000 || !strings.HasPrefix(got, "100 inputs are left out: ") || !strings.HasSuffix(got, " and 95 more") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

package approval

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/lru"
)

func TestACommandIsTheFirstWordOfALineThatSomebodySays(t *testing.T) {
	const sha = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
	for claim, c := range map[string]struct{ text, want string }{
		"alone":                           {"/preview " + sha, sha},
		"in capitals":                     {"/preview " + strings.ToUpper(sha), strings.ToUpper(sha)},
		"with words behind it":            {"/preview " + sha + " thanks", sha},
		"below other words":               {"Looks good.\r\n\r\n/preview " + sha + "\r\n", sha},
		"indented a little":               {"  /preview " + sha, sha},
		"without a commit":                {"/preview", "any"},
		"taken back":                      {"/preview revoke", "revoke"},
		"given and taken back":            {"/preview\n/preview revoke", "any revoke"},
		"about something else":            {"/preview keep 24h", ""},
		"another word":                    {"/previews " + sha, ""},
		"in capitals itself":              {"/Preview " + sha, ""},
		"within a line":                   {"say /preview " + sha, ""},
		"as code":                         {"`/preview " + sha + "`", ""},
		"in a block of code":              {"```\n/preview " + sha + "\n```", ""},
		"in a block of code without end":  {"~~~~ text\n/preview " + sha + "\n~~~", ""},
		"behind a block of code":          {"```\nx\n```\n/preview " + sha, sha},
		"indented as code is":             {"Like this:\n\n    /preview " + sha, ""},
		"indented by a tab":               {"\t/preview " + sha, ""},
		"quoted":                          {"> /preview " + sha, ""},
		"in the line behind a quote":      {"> look\n/preview " + sha, ""},
		"behind a quote and an empty one": {"> look\n\n/preview " + sha, sha},
		"hidden":                          {"<!--\n/preview " + sha + "\n-->", ""},
		"as an example in HTML":           {"<pre>\n/preview " + sha + "\n</pre>\n", ""},
		"in what is folded":               {"<details><summary>log</summary>\n\n/preview " + sha + "\n\n</details>", ""},
		"by Eddy itself":                  {"<!-- eddy:v1 0a app-dev 4e -->\n/preview " + sha, ""},
		"by Eddy where nothing is hidden": {"[eddy:v1:0a:app-dev:4e]: https://eddy.invalid\n/preview " + sha, ""},
		"with what is no commit":          {"/preview main", ""},
	} {
		if got := said(c.text); got != c.want {
			t.Errorf("%s: it is %q, want %q", claim, got, c.want)
		}
	}
}

func TestACommitIsMeantWhereItWasSeen(t *testing.T) {
	const sha = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for claim, c := range map[string]struct {
		said   statement
		pushed time.Time
		want   bool
	}{
		"it is named":                   {statement{sha: sha}, time.Time{}, true},
		"its beginning is named":        {statement{sha: "6DCB09B5B578"}, time.Time{}, false}, // others can begin so
		"its beginning is named, later": {statement{sha: "6DCB09B5B578", at: at.Add(time.Second)}, at, true},
		"its beginning is named before": {statement{sha: "6DCB09B5B578", at: at}, at.Add(time.Second), false},
		"too little of it is named":     {statement{sha: sha[:11]}, time.Time{}, false},
		"more than it is named":         {statement{sha: sha + "00"}, time.Time{}, false},
		"it is named, in an edit":       {statement{sha: sha, at: at.Add(time.Second), edited: true}, at, false},
		"it was pushed before an edit":  {statement{at: at.Add(time.Second), edited: true}, at, false},
		"another one is named":          {statement{sha: "6dcb09b5b579"}, time.Time{}, false},
		"another one is named, later":   {statement{sha: "6dcb09b5b579", at: at.Add(time.Hour)}, at, false},
		"it was pushed before":          {statement{at: at.Add(time.Second)}, at, true},
		"it was pushed in that moment":  {statement{at: at}, at, false},
		"it was pushed after":           {statement{at: at}, at.Add(time.Second), false},
		"nobody knows when it was":      {statement{at: at}, time.Time{}, false},
		"nobody knows when it was said": {statement{}, at, false},
	} {
		if got := c.said.means(sha, c.pushed); got != c.want {
			t.Errorf("%s: %v", claim, got)
		}
	}
}

func TestWhatMayHaveBeenEditedUpholdsWhatItStillSays(t *testing.T) {
	const sha = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
	for claim, c := range map[string]struct {
		said statement
		want bool
	}{
		"the commit":                      {statement{sha: sha, edited: true}, true},
		"its beginning":                   {statement{sha: sha[:12], edited: true}, true},
		"no commit":                       {statement{edited: true}, true},
		"too little of it":                {statement{sha: sha[:11], edited: true}, false},
		"another commit":                  {statement{sha: "6dcb09b5b579", edited: true}, false},
		"another one, and was not edited": {statement{sha: "6dcb09b5b579"}, true}, // it names this one, too
		"another one, as an annotation":   {statement{sha: "6dcb09b5b579", how: v1.ByAnnotation}, false},
	} {
		if got := c.said.upholds(sha); got != c.want {
			t.Errorf("%s: %v", claim, got)
		}
	}
}

func TestManyWhoAskAreNotAllLookedAt(t *testing.T) {
	repository := &counting{}
	judge := &judge{spec: v1.Forks{Permission: v1.PermissionWrite}, repository: repository, now: time.Now(), known: lru.New[string, permitted](10)}
	for n := range 3 * most {
		if may, _, err := judge.judge(t.Context(), forge.Person{Login: fmt.Sprint("stranger", n)}, forge.Item{Author: "ada"}); may || err != nil {
			t.Fatal(may, err)
		}
	}
	if repository.asked != most {
		t.Errorf("the forge was asked %d times", repository.asked)
	}
}

// counting is a repository in which nobody may anything.
type counting struct {
	forge.Repository
	asked int
}

// Permission implements forge.Permissions.
func (c *counting) Permission(_ context.Context, _ forge.Person) (forge.Permission, error) {
	c.asked++
	return forge.NoPermission, nil
}

func TestWhatWasMissedIsForgottenWithItsRecord(t *testing.T) {
	record := v1.Approval{ID: "1", How: v1.ByComment, Evidence: "7"}
	revoked := v1.Approval{ID: "2", How: v1.ByComment, Evidence: "8", Revoked: &metav1.Time{}}
	l := &ledger{records: []v1.Approval{record, revoked}, absent: map[string]time.Time{evidenceOf(record): {}, evidenceOf(revoked): {}, "Comment 3 9": {}}}
	if l.tidy(); len(l.absent) != 1 {
		t.Errorf("remembered are %v", l.absent)
	}
}

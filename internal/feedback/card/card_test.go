package card_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/rogpeppe/go-internal/txtar"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/feedback/card"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/preview"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// forges are what the forges make of Markdown, by a name for each kind.
var forges = map[string]forge.Markdown{
	"hides and folds": {Hides: true, Folds: true, Tables: true, Most: 60_000},
	"has tables":      {Tables: true, Most: 30_000},
	"has lists":       {Most: 10_000},
}

// rowsOf are the rows of the requests that two statuses tell of.
func rowsOf(t *testing.T, text string) []card.Row {
	t.Helper()
	snapshot := preview.Snapshot{}
	for document := range strings.SplitSeq(text, "---\n") {
		var kind metav1.TypeMeta
		var set v1.ResourceSet
		var provider v1.ResourceSetInputProvider
		err := yaml.Unmarshal([]byte(document), &kind)
		switch kind.Kind {
		case v1.ResourceSetKind:
			err = yaml.UnmarshalStrict([]byte(document), &set)
			snapshot.Sets = append(snapshot.Sets, set)
		case v1.ResourceSetInputProviderKind:
			err = yaml.UnmarshalStrict([]byte(document), &provider)
			snapshot.Providers = append(snapshot.Providers, provider)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var out []card.Row
	for _, one := range snapshot.Requests() {
		set := snapshot.SetOf(one)
		out = append(out, card.Row{View: one, Unwatched: !set.Spec.Wait && set.Spec.Readiness == nil})
	}
	return out
}

// Each file of testdata holds the two statuses of a request, and what is said of them.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			rows := rowsOf(t, string(archive.Files[0].Data))
			got := []txtar.File{archive.Files[0]}
			add := func(name, text string) { got = append(got, txtar.File{Name: name, Data: []byte(text)}) }
			for _, name := range []string{"hides and folds", "has tables", "has lists"} {
				add(name, card.Card{Marker: "eddy:v1 0a1b2c3d app-dev 4e5f", Rows: rows, Markdown: forges[name]}.Text())
			}
			add("status of the commit", statuses(rows))
			archive.Files, got = got, archive.Files
			want, is := txtar.Format(&txtar.Archive{Comment: archive.Comment, Files: got}), txtar.Format(archive)
			if *update {
				if err := os.WriteFile(file, is, 0o600); err != nil {
					t.Fatal(err)
				}
			} else if string(is) != string(want) {
				t.Errorf("it says\n%s\nwant\n%s", is, want)
			}
		})
	}
}

// Who adds a state meets this test.
func TestEveryStateHasACard(t *testing.T) {
	source, err := os.ReadFile("../../preview/state.go")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, state := range regexp.MustCompile(`State += "(.+)"`).FindAllStringSubmatch(string(source), -1) {
		if !strings.Contains(all.String(), "| api | "+state[1]+" | ") {
			t.Errorf("no card shows the state %q", state[1])
		}
	}
}

func statuses(rows []card.Row) string {
	out := string(card.Card{Rows: rows}.Class()) + "\n"
	for _, row := range rows {
		out += fmt.Sprintf("%s %s %q %s\n", row.Wanted(), row.Fares(), row.Description(), row.Answers())
	}
	return out
}

// view is a preview in a state, with a text wherever one comes from a stranger.
func view(ready metav1.ConditionStatus, text string) card.Row {
	return card.Row{View: preview.View{
		Name: "api/7", Namespace: "app-dev", Service: "api", ID: "7", Set: "api-pr-envs", Provider: "api-prs",
		Title: text, Author: text, Branch: text, Commit: text, Head: text, Request: text, URL: text,
		Ready: ready, Reason: text, Message: text, Held: preview.Held{Reason: v1.HeldPaused, Message: text},
	}}
}

// hostile are texts of people who want a comment to do what they like.
var hostile = []string{
	"@everyone look", "@ada/core", "fixes #1", "!12 ~bug &3 %4", "GH-1", "acme/api#7", "acme/api@c0ffee1",
	"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "--> <b>shown</b> <!--", "</details>", "</summary><h1>big</h1>",
	"[click](https://evil.example.com)", "![x](https://evil.example.com/pixel.png)", "https://evil.example.com", "www.evil.example.com", "mail@evil.example.com",
	"| a | b |\n| --- | --- |", "# heading", "```\n@everyone\n```", "````\n@everyone", "~~~\n@everyone", "`@everyone`", "```text\n/close\n/merge",
	"/close", "\n/approve\n/merge", "[eddy:v1:0a1b2c3d]: https://evil.example.com", "&lt;b&gt; &#64;everyone",
	"\x1b[31mred\x1b]8;;https://evil.example.com\x07link", "abc\u202efdp.exe", "a\u2066b\u2069", "\u200b@\u200beveryone", "\ufeff@everyone", "a\u00adb",
	"\x00", "\xff\xfe", "\u2028/close", "{{ .Secret }}", "<< inputs.id >>", "$(rm -rf /)", ":tada: :+1:", strings.Repeat("@everyone ", 10_000),
	"https://user:password@evil.example.com/", "javascript:alert(1)", "https://ok.example.com/)[x](https://evil.example.com", "https://ok.example.com/|a|@everyone", "https://evil.example.com\n@everyone",
}

var (
	blocks = regexp.MustCompile("(?s)\n(````*)text\n.*?\n````*(\n|$)")
	spans  = regexp.MustCompile("`[^`\n]*`")
	ours   = regexp.MustCompile(`<!-- eddy:(v1|notice|fall) [0-9a-f ]+ -->|\[eddy:(v1|notice|fall):[0-9a-f:]+\]: https://eddy\.invalid|</?details( open)?>|</?summary>`)
	links  = regexp.MustCompile(`\[[A-Za-z0-9.:-]+\]\(https?://[A-Za-z0-9.:-]+[A-Za-z0-9/?#&=;,.:$+%-]*\)`)
)

func TestWhatAStrangerWroteIsShownAndDoesNothing(t *testing.T) {
	for _, text := range hostile {
		for name, markdown := range forges {
			for _, ready := range []metav1.ConditionStatus{metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown} {
				said := card.Card{Marker: "eddy:v1 0a1b 2c3d", Rows: []card.Row{view(ready, text), view(ready, text)}, Markdown: markdown}.Text()
				said += card.Notice{Markers: []string{"eddy:notice 0a1b 2c3d", "eddy:fall 4e5f"}, Rows: []card.Row{view(ready, text), view(ready, text)}, Markdown: markdown}.Text()
				rest := said
				for _, known := range []*regexp.Regexp{blocks, spans, ours, links} {
					rest = known.ReplaceAllString(rest, "\n")
				}
				if strings.ContainsAny(rest, "@<>`~!&[]{}$\\/") || strings.Contains(strings.ReplaceAll(rest, "## Previews:", ""), "#") {
					t.Errorf("%q on a forge that %s does something:\n%s\nof\n%s", text, name, rest, said)
				}
				if at := strings.IndexFunc(said, hidden); at >= 0 {
					t.Errorf("%q: something that is not seen at %d of\n%q", text, at, said)
				}
				if line := (view(ready, text)).Description(); strings.IndexFunc(line, hidden) >= 0 || strings.Contains(line, "\n") || len([]rune(line)) > 140 {
					t.Errorf("%q: the status of the commit is %q", text, line)
				}
			}
		}
	}
}

func hidden(r rune) bool {
	return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
}

// A block ends where a line has as many backticks as it began with.
func TestABlockDoesNotEndBeforeItsText(t *testing.T) {
	for _, text := range hostile {
		said := card.Card{Rows: []card.Row{view(metav1.ConditionFalse, text)}, Markdown: forges["has tables"]}.Text()
		fence := ""
		for line := range strings.SplitSeq(said, "\n") {
			switch {
			case fence == "" && strings.HasPrefix(line, "```"):
				fence = strings.TrimSuffix(line, "text")
			case line == fence:
				fence = ""
			case fence != "" && strings.Contains(line, fence):
				t.Errorf("%q ends its block: %s", text, said)
			}
		}
		if fence != "" {
			t.Errorf("%q: the block does not end: %s", text, said)
		}
	}
}

func TestACardThatIsTooLongKeepsItsMarkerAndCountsWhatItLeavesOut(t *testing.T) {
	rows := make([]card.Row, 300)
	for n := range rows {
		rows[n] = view(metav1.ConditionFalse, strings.Repeat("é", 400))
	}
	for name, markdown := range forges {
		said := card.Card{Marker: "eddy:v1 x", Rows: rows, Markdown: markdown}.Text()
		if len(said) > markdown.Most || !strings.HasPrefix(said, markdown.Hidden("eddy:v1 x")) || !strings.Contains(said, "more have no room here") {
			t.Errorf("a forge that %s is told %d bytes: %.200s", name, len(said), said)
		}
		said = card.Notice{Markers: []string{"eddy:notice x", "eddy:fall y"}, Rows: rows, Markdown: markdown}.Text()
		if len(said) > markdown.Most || !strings.HasPrefix(said, markdown.Hidden("eddy:notice x")+"\n"+markdown.Hidden("eddy:fall y")) || !strings.Contains(said, "more have no room here") {
			t.Errorf("a forge that %s is notified with %d bytes: %.200s", name, len(said), said)
		}
	}
}

func TestTheSameStateIsTheSameText(t *testing.T) {
	rows := []card.Row{view(metav1.ConditionTrue, "a"), view(metav1.ConditionFalse, "b")}
	once := card.Card{Rows: rows, Markdown: forges["has tables"]}.Text()
	if again := (card.Card{Rows: slices.Clone(rows), Markdown: forges["has tables"]}).Text(); again != once {
		t.Errorf("%s\n%s", once, again)
	}
}

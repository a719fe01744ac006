package card_test

import (
	"context"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/eddy-previews/eddy/internal/feedback/card"
	"github.com/eddy-previews/eddy/internal/preview"
)

const template = `# << inputs.heading >>
<<- range inputs.previews >>
- << .service >>: << .state >> << .link >>
<<- if .why >>

<< .why >>
<<- end >>
<<- end >>

Ask in the channel of the platform team.`

func TestATemplateSaysItInItsOwnWords(t *testing.T) {
	made, err := card.ParseTemplate(template)
	if err != nil {
		t.Fatal(err)
	}
	c := card.Card{Marker: "eddy:v1 x", Rows: []card.Row{view(metav1.ConditionTrue, "6dcb09b5b57875f334f61aebed695e2e4193db5e")}, Markdown: forges["hides and folds"]}
	c.Rows[0].Head, c.Rows[0].URL, c.Rows[0].Held = "", "https://api-7.example.com", preview.Held{}
	got, err := made.Text(context.Background(), c)
	want := "<!-- eddy:v1 x -->\n\n# Preview: ready\n- api: Ready [api-7.example.com](https://api-7.example.com)\n\nAsk in the channel of the platform team.\n"
	if err != nil || got != want {
		t.Errorf("it says %q, %v, want %q", got, err, want)
	}
}

func TestATemplateIsGivenNothingThatDoesSomething(t *testing.T) {
	made, err := card.ParseTemplate(template + "\n<< inputs.text >>\n<< range inputs.previews >><< .commit >><< .wanted >><< .name >><< .since >><< .url >><< end >>")
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range hostile {
		got, err := made.Text(context.Background(), card.Card{Marker: "eddy:v1 x", Rows: []card.Row{view(metav1.ConditionFalse, text)}, Markdown: forges["hides and folds"]})
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		rest := spans.ReplaceAllString(blocks.ReplaceAllString(got, "\n"), "")
		if strings.Contains(rest, "@") || strings.Contains(rest, "evil") || strings.IndexFunc(got, hidden) >= 0 {
			t.Errorf("%q does something: %s", text, got)
		}
	}
}

func TestATemplateThatIsWrongOrTakesTooMuchIsAnError(t *testing.T) {
	for text, want := range map[string]string{
		"<< inputs.":                          "parsing the template",
		"<< inputs.nothing >>":                "filling in the template",
		"<< repeat 100000 inputs.text >>":     "filling in the template",
		strings.Repeat("text ", 20_000):       "the template makes 100",
		"<< range until 1000000 >>x<< end >>": "filling in the template",
	} {
		made, err := card.ParseTemplate(text)
		if err == nil {
			_, err = made.Text(context.Background(), card.Card{Rows: []card.Row{view(metav1.ConditionTrue, "a")}, Markdown: forges["hides and folds"]})
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.30s: %v, want %s", text, err, want)
		}
	}
}

package card

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/render"
)

// Template writes cards as somebody wants them, in the language of a ResourceSet's
// templates and within its bounds. All that a template is given can stand in a
// comment as it is: what a stranger wrote is in blocks of code already.
type Template struct{ program *render.Program }

// ParseTemplate compiles a template. What it writes is the text of a ConfigMap: none
// of it is structure.
func ParseTemplate(text string) (*Template, error) {
	raw, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": map[string]any{"name": "card"}, "data": map[string]any{"text": text},
	})
	if err != nil {
		return nil, err
	}
	program, err := render.Compile(&v1.ResourceSet{
		ObjectMeta: metav1.ObjectMeta{Name: "card", Namespace: "card"},
		Spec:       v1.ResourceSetSpec{Resources: []*apiextensionsv1.JSON{{Raw: raw}}},
	})
	if err != nil {
		return nil, fmt.Errorf("parsing the template: %w", err)
	}
	return &Template{program}, nil
}

// Text is the comment that a template makes of a card, with its marker before it.
func (t *Template) Text(ctx context.Context, c Card) (string, error) {
	made, err := t.program.Render(ctx, input.Set{Values: c.values()})
	if err != nil {
		return "", fmt.Errorf("filling in the template: %w", err)
	}
	data, _ := made.Objects[0].Object["data"].(map[string]any)
	text, _ := data["text"].(string)
	text = c.Markdown.Hidden(c.Marker) + "\n\n" + strings.TrimSpace(visible(text)) + "\n"
	if len(text) > c.Markdown.Most {
		return "", fmt.Errorf("the template makes %d bytes, and a comment has %d at most", len(text), c.Markdown.Most)
	}
	return text, nil
}

// values are what a template can say.
func (c Card) values() map[string]any {
	previews := make([]any, len(c.Rows))
	id := ""
	for n, row := range c.Rows {
		id = row.ID
		previews[n] = map[string]any{
			"service": plain(row.Called()), "name": plain(row.Name), "namespace": plain(row.Namespace), "state": row.words(), "class": string(row.class()),
			"url": row.Answers(), "link": row.link(), "commit": commit(row.Commit), "wanted": commit(row.Wanted()), "since": row.updated(), "why": row.explain(),
		}
	}
	card := c
	card.Marker = ""
	return map[string]any{
		"id": plain(id), "heading": c.heading(), "class": string(c.Class()), "previews": previews,
		"text": strings.TrimSpace(strings.TrimPrefix(card.Text(), c.Markdown.Hidden(""))),
	}
}

package render_test

import (
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/eddy-previews/eddy/internal/render"
	"github.com/eddy-previews/eddy/test/sample"
)

var campaign = flag.Int("campaign", 2_000, "how many inputs the campaign against the structure of objects has")

// Whatever function text goes through and wherever it stands, it changes nothing
// but that scalar: no document, kind, key, or item comes or goes. Where the
// author asks for structure, it is that of the value.
func TestNoTextChangesTheStructureOfWhatIsRendered(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same campaign each time
	trials, all, calls := map[[2]int]*trial{}, places(), strings.Split(strings.TrimSpace(expressions), "\n")
	rendered, refused := 0, 0
	for range *campaign {
		at := [2]int{rng.IntN(len(all)), rng.IntN(len(calls))}
		if trials[at] == nil {
			trials[at] = newTrial(t, all[at[0]], calls[at[1]])
		}
		if trials[at].holds(t, hostileText(rng, trials[at].mark())) {
			rendered++
		} else {
			refused++
		}
	}
	t.Logf("%d inputs in %d of %d templates: %d rendered, %d refused, 0 changes of structure",
		*campaign, len(trials), len(all)*len(calls), rendered, refused)
	if refused > rendered {
		t.Error("more is refused than rendered: the campaign shows little")
	}
}

func FuzzNoTextChangesTheStructure(f *testing.F) {
	all, calls := places(), strings.Split(strings.TrimSpace(expressions), "\n")
	for n, text := range hostile {
		f.Add(text, uint16(n*7), uint16(n*13))
	}
	f.Fuzz(func(t *testing.T, text string, place, call uint16) {
		newTrial(t, all[int(place)%len(all)], calls[int(call)%len(calls)]).holds(t, text)
	})
}

func TestTheCampaignCallsEveryFunction(t *testing.T) {
	names := append(slices.Collect(maps.Keys(render.Functions())), strings.Fields("and or not len index print printf println html js urlquery eq ne lt le gt ge")...)
	for _, name := range names {
		if !word(name).MatchString(expressions) {
			t.Errorf("no expression calls %s", name)
		}
	}
}

func word(name string) *regexp.Regexp {
	return regexp.MustCompile(`(?:^|\b)` + regexp.QuoteMeta(name) + `\b`)
}

// trial is an expression in a place.
type trial struct {
	place   place
	name    string
	program *render.Program
	oracle  *template.Template
	values  map[string]any
	value   any
}

func newTrial(tb testing.TB, p place, expression string) *trial {
	tb.Helper()
	out := &trial{place: p, name: p.name + ": " + expression}
	var err error
	if out.program, err = render.Compile(sample.Set(tb, p.with(expression))); err != nil {
		tb.Fatalf("%s: %v\n%s", out.name, err, p.with(expression))
	}
	funcs := render.Functions()
	funcs["inputs"] = func() map[string]any { return out.values }
	funcs["capture"] = func(value any) string { out.value = value; return "" }
	bare := place{spec: "<< capture (E) >>"}.with(expression)
	if out.oracle, err = template.New("").Delims("<<", ">>").Option("missingkey=error").Funcs(funcs).Parse(bare); err != nil {
		tb.Fatalf("%s: %v", expression, err)
	}
	return out
}

func (c *trial) mark() string { return render.Mark(c.program) }

// holds renders the template with a text, compares the structure of the object
// with what it has to be, and reports whether it was rendered at all.
func (c *trial) holds(tb testing.TB, text string) bool {
	tb.Helper()
	c.values, c.value = inputsOf(text), nil
	oracle := c.oracle.Execute(&strings.Builder{}, nil)
	preview, err := c.program.Render(tb.Context(), inputSet(0, inputsOf(text)))
	switch {
	case err != nil:
		return false
	case oracle != nil:
		tb.Fatalf("%s\n%q was rendered, and fails by itself: %v", c.name, text, oracle)
	case len(preview.Objects) != 1:
		tb.Fatalf("%s\n%q made %d objects", c.name, text, len(preview.Objects))
	}
	object := preview.Objects[0].Object
	spec, _ := object["spec"].(map[string]any)
	if c.place.key {
		dropOtherKey(spec)
	}
	delete(object["metadata"].(map[string]any), "labels")
	want := fmt.Sprintf("{apiVersion:• kind:• last:{fixed:•} metadata:{name:•} spec:{after:[•] before:• it:%s}}", c.place.it(shapeOf(jsonValue(c.value))))
	if got := shapeOf(object); got != want || object["kind"] != "Thing" {
		tb.Fatalf("%s\n%q made\n%s\nwant\n%s\nof %v", c.name, text, got, want, object)
	}
	return true
}

// inputsOf has a text in all the ways in which expressions take it.
func inputsOf(text string) map[string]any {
	list := []any{text, "plain", text + ",x"}
	document, _ := json.Marshal(map[string]any{"k": text, "list": list, text: map[string]any{"n": 1, "text": text}})
	return map[string]any{
		"text": text, "list": list, "map": map[string]any{"k": text, "n": int64(1), "key " + text: list}, "json": string(document),
		"base64": base64.StdEncoding.EncodeToString([]byte(text)), "base32": base32.StdEncoding.EncodeToString([]byte(text)),
	}
}

// dropOtherKey deletes the one key that is not fixed.
func dropOtherKey(spec map[string]any) {
	for key, value := range spec {
		if key != "before" && key != "after" && key != "it" && value == int64(1) && len(spec) == 4 {
			delete(spec, key)
		}
	}
}

// jsonValue is a value as JSON has it; nil where it has none.
func jsonValue(value any) any {
	raw, err := json.Marshal(value)
	var out any
	if err != nil || json.Unmarshal(raw, &out) != nil {
		return nil
	}
	return out
}

// shapeOf writes the maps with their keys and the lists with their lengths.
func shapeOf(value any) string {
	var out strings.Builder
	switch value := value.(type) {
	case map[string]any:
		out.WriteString("{")
		for n, key := range slices.Sorted(maps.Keys(value)) {
			if n > 0 {
				out.WriteString(" ")
			}
			out.WriteString(key + ":" + shapeOf(value[key]))
		}
		out.WriteString("}")
	case []any:
		out.WriteString("[")
		for n, item := range value {
			if n > 0 {
				out.WriteString(" ")
			}
			out.WriteString(shapeOf(item))
		}
		out.WriteString("]")
	default:
		return leaf
	}
	return out.String()
}

package render_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/input"
	"github.com/eddy-previews/eddy/internal/render"
	"github.com/eddy-previews/eddy/test/sample"
)

// endless are templates that would take the time or the memory of all.
var endless = map[string]string{
	"a loop without a body":        `<< range 1000000000000000 >><< end >>`,
	"a loop with a body":           `<< range $i := 1000000000000000 >>x<< end >>`,
	"loops in loops":               strings.Repeat(`<< range 1000 >>`, 9) + strings.Repeat(`<< end >>`, 9),
	"a loop that goes on":          `<< range 1000000000000000 >><< continue >><< end >>`,
	"templates that double":        doubling(40),
	"a template that calls itself": `<< define "a" >><< template "a" >><< end >><< template "a" >>`,
	"two that call each other":     `<< define "a" >><< template "b" >><< end >><< define "b" >><< template "a" >><< end >><< template "a" >>`,
	"until":                        `<< len (until 1000000000) >>`,
	"until below":                  `<< len (until -1000000000) >>`,
	"untilStep":                    `<< len (untilStep 0 1000000000 1) >>`,
	"untilStep over the end":       `<< len (untilStep 9223372036854775797 9223372036854775807 11) >>`,
	"seq":                          `<< seq 1000000000 >>`,
	"seq down":                     `<< seq 0 -1 -1000000000 >>`,
	"repeat":                       `<< repeat 1000000000 "x" >>`,
	"repeat of nothing":            `<< range 100000 >><< repeat 1000000 "x" | len >><< end >>`,
	"indent":                       `<< indent 1000000000 "x" >>`,
	"nindent":                      `<< inputs.text | nindent 1000000000 >>`,
	"indent of lines":              `<< repeat 100000 "\n" | indent 100000 >>`,
	"printf":                       `<< printf "` + strings.Repeat("%999999d", 100) + `" 1 >>`,
	"printf with a width":          `<< printf "%[1]*[1]d%[1]*[1]d%[1]*[1]d" 900000 >>`,
	"printf of a list":             `<< printf "%999999d" (until 60000) >>`,
	"printf of one again":          `<< $x := repeat 1000000 "x" >><< printf "` + strings.Repeat("%[1]s", 100) + `" $x | len >>`,
	"a variable that doubles":      `<< $x := "x" >><< range 60 >><< $x = printf "%s%s" $x $x >><< end >><< len $x >>`,
	"print":                        `<< $x := "x" >><< range 60 >><< $x = print $x $x >><< end >><< len $x >>`,
	"join":                         `<< $x := "x" >><< range 60 >><< $x = join $x (list $x $x $x) >><< end >><< len $x >>`,
	"cat":                          `<< $x := "x" >><< range 60 >><< $x = cat $x $x >><< end >><< len $x >>`,
	"replace":                      `<< $x := repeat 100000 "x" >><< replace "x" $x $x | len >>`,
	"replace of nothing":           `<< $x := repeat 100000 "x" >><< replace "" $x $x | len >>`,
	"a list that doubles":          `<< $x := list 1 >><< range 60 >><< $x = list $x $x >><< end >><< toJson $x >>`,
	"a list that grows":            `<< $x := list 1 >><< range 60 >><< $x = concat $x $x >><< end >><< len $x >>`,
	"a list that is appended to":   `<< $x := list 1 >><< range 100000 >><< $x = append $x . >><< end >><< len $x >>`,
	"a map that is in itself":      `<< $x := dict >><< $_ := set $x "x" $x >><< $x >>`,
	"as JSON":                      `<< $x := dict >><< $_ := set $x "x" $x >><< toJson $x >>`,
	"as YAML, in the inputs":       `<< $_ := set inputs "x" inputs >><< toYaml inputs >>`,
	"as text":                      `<< $x := dict >><< $_ := set $x "x" $x >><< printf "%v" $x >>`,
	"as a part":                    `<< $x := dict >><< $_ := set $x "x" (list $x) >><< $x | toString | len >>`,
	"compared":                     `<< $x := dict >><< $_ := set $x "x" $x >><< if eq $x $x >><< end >>`,
	"compared, doubled":            `<< $x := list 1 >><< range 60 >><< $x = list $x $x >><< end >><< if $x | ne "" >><< end >>`,
	"compared deeply":              `<< $x := list 1 >><< $y := list 1 >><< range 60 >><< $x = list $x $x >><< $y = list $y $y >><< end >><< deepEqual $x $y >>`,
	"a regular expression":         `<< regexReplaceAll "a.*b|a" (repeat 100000 "a") "" | len >>`,
	"that is long":                 `<< regexMatch (repeat 30 "(x{0,9}){0,90}") inputs.text >>`,
	"that writes much":             `<< regexReplaceAll "x" (repeat 10000 "x") (repeat 10000 "y") | len >>`,
	"that repeats what it finds":   `<< regexReplaceAll ".+" (repeat 10000 "x") (repeat 10000 "$0") | len >>`,
	"split":                        `<< splitList "" (repeat 1000000 "x") | len >>`,
	"uniq":                         `<< until 60000 | uniq | len >>`,
	"slugify":                      `<< range 100 >><< repeat 1000000 "ü" | slugify >><< end >>`,
	"sha256sum":                    `<< $x := repeat 1000000 "x" >><< range 100000 >><< sha256sum $x | len >><< end >>`,
	"fromJson":                     `<< $x := repeat 9000 "[" >><< printf "%s%s" $x (repeat 9000 "]") | fromJson | toJson >>`,
	"text":                         `<< range 50000 >>xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx<< end >>`,
	"held text":                    "<< $x := repeat 1000000 \"x\" >>a: [<< range 20 >>'<< $x >>',<< end >>]",
	"variables":                    variables(1000),
	"signs":                        `a: [<< range 90000 >>a,a,a,<< end >>]`,
	"nodes":                        `a: [<< range 60000 >>a,a,<< end >>]`,
	"aliases of aliases":           aliases(30),
	"an alias of a text":           "a: &a '<< repeat 100000 \"x\" >>'\nb: [<< range 1000 >>*a,<< end >>]",
	"depth":                        strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
}

// doubling writes templates each of which calls the next one twice.
func doubling(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `<< define "t%d" >><< template "t%d" >><< template "t%d" >><< end >>`, i, i+1, i+1)
	}
	fmt.Fprintf(&out, `<< define "t%d" >><< end >><< template "t0" >>`, n)
	return out.String()
}

func variables(n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, `<< $x%d := repeat 1000000 "x" >>`, i)
	}
	return out.String()
}

func aliases(n int) string {
	var out strings.Builder
	out.WriteString("a0: &a0 [x]\n")
	for i := range n {
		fmt.Fprintf(&out, "a%d: &a%d [*a%d, *a%d]\n", i+1, i+1, i, i)
	}
	return out.String()
}

func TestWhatTakesTooMuchFailsAloneWithTheBound(t *testing.T) {
	for name, text := range endless {
		t.Run(name, func(t *testing.T) {
			set := sample.Set(t, "{}")
			set.Spec.ResourcesTemplate = `<< if eq inputs.id "2" >>` + notDefined(text) + "<< end >>" + defined(text) + "\n---\n{apiVersion: v1, kind: A, metadata: {name: 'a-<< inputs.id >>'}}\n"
			program, err := render.Compile(set)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			previews := all(t, program, []input.Set{sample.Input("id", "1", "text", "x"), sample.Input("id", "2", "text", "x"), sample.Input("id", "3", "text", "x")})
			t.Logf("%s: %v", time.Since(began), previews[1].Err)
			if err := previews[1].Err; err == nil || !strings.Contains(err.Error(), "bound") || !strings.Contains(err.Error(), `input "2"`) || len(err.Error()) > 4<<10 {
				t.Errorf("the second says %v", err)
			}
			if previews[0].Err != nil || previews[2].Err != nil {
				t.Errorf("the others say %v, %v", previews[0].Err, previews[2].Err)
			}
		})
	}
}

// defined and notDefined are the templates that a text defines, and the rest.
func defined(text string) string { return text[:len(text)-len(notDefined(text))] }

func notDefined(text string) string {
	if at := strings.LastIndex(text, "<< template"); strings.HasPrefix(text, "<< define") {
		return text[at:]
	}
	return text
}

func TestAllInputsTogetherHaveABoundToo(t *testing.T) {
	program := compile(t, `{spec: {resourcesTemplate: "<< range 15 >><< $x := repeat 1000000 inputs.x >><< end >>{apiVersion: v1, kind: A, metadata: {name: a-<< inputs.id >>}}"}}`)
	sets := make([]input.Set, 100)
	for n := range sets {
		sets[n] = sample.Input("id", fmt.Sprint(n), "x", "x")
	}
	previews := all(t, program, sets)
	if previews[0].Err != nil || previews[50].Err != nil {
		t.Errorf("the first ones say %v, %v", previews[0].Err, previews[50].Err)
	}
	if err := previews[99].Err; err == nil || !strings.Contains(err.Error(), "all inputs of a ResourceSet together") {
		t.Errorf("the last one says %v", err)
	}
}

func TestRenderingEndsWithItsContext(t *testing.T) {
	program := compile(t, `{spec: {resourcesTemplate: "<< range 9000 >><< end >>"}}`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	previews, err := program.All(ctx, []input.Set{sample.Input("id", "1"), sample.Input("id", "2")})
	if !errors.Is(err, context.Canceled) || previews != nil {
		t.Errorf("got %v, %v", previews, err)
	}
}

func TestATemplateThatIsTooLargeIsRefusedWhenItIsCompiled(t *testing.T) {
	nested := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	for name, spec := range map[string]string{
		"bytes":   "resourcesTemplate: " + strings.Repeat("x", 3<<20),
		"actions": "resourcesTemplate: '" + strings.Repeat("<< . >>", 30_000) + "'",
		"levels":  "resources: [" + nested + "]",
	} {
		_, err := render.Compile(sample.Set(t, spec))
		if err == nil || !strings.Contains(err.Error(), "bound") || !strings.Contains(err.Error(), "spec.resources") || len(err.Error()) > 1000 {
			t.Errorf("%s: %.500v", name, err)
		}
	}
}

func TestWhatIsRememberedOfTextsHasABoundInBytes(t *testing.T) {
	program := compile(t, `
spec:
  resources:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: small-<< inputs.id >>}}
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: large-<< inputs.id >>}
    data: {x: "<< range inputs.n >>`+strings.Repeat("x", 1000)+`<< end >>"}
`)
	for n := range 8 {
		if _, err := program.Render(t.Context(), sample.Input("id", "1", "n", int64(3000+n))); err != nil {
			t.Fatal(err)
		}
	}
	if got := render.Remembered(program); got < 3_000_000 || got > 4<<20 {
		t.Errorf("texts of %d bytes are remembered, want about 4 MiB", got)
	}
	before := render.Remembered(program)
	if _, err := program.Render(t.Context(), sample.Input("id", "1", "n", int64(3))); err != nil || render.Remembered(program) == before {
		t.Errorf("a small text is not remembered any more, %v", err)
	}
}

func TestNothingIsHeldOfAnInputThatWasRendered(t *testing.T) {
	program := compile(t, `{spec: {resourcesTemplate: "{apiVersion: v1, kind: A, metadata: {name: a}, spec: << inputs.x >>}"}}`)
	for _, x := range []any{"text", []any{"which", "is", "refused"}} {
		_, _ = program.Render(t.Context(), sample.Input("x", x)) // either way
		if got := render.Held(program); got > 0 {
			t.Errorf("%v: %d values are still held", x, got)
		}
	}
}

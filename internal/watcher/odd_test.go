package watcher

import (
	"context"
	"strings"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

// serve creates a provider named prs for a service, and returns how to let it
// answer with inputs.
func (b *bench) serve(change func(*v1.ResourceSetInputProvider)) (say func(inputs string)) {
	b.t.Helper()
	s := forge.NewService(b.t)
	b.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "auth", Namespace: b.namespace}, StringData: map[string]string{"token": forge.Token}})
	provider := &v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: b.namespace},
		Spec: v1.ResourceSetInputProviderSpec{
			Type: v1.InputProviderExternalService, URL: s.URL, Insecure: true, SecretRef: &meta.LocalObjectReference{Name: "auth"},
		},
	}
	if change != nil {
		change(provider)
	}
	b.create(provider)
	return func(inputs string) { s.Break(forge.Body("application/json", `{"inputs": [`+inputs+`]}`)) }
}

func TestAnOddInputIsNamedAndTheOthersAreExported(t *testing.T) {
	for name, c := range map[string]struct{ odd, words string }{
		"a number that is none":    {`"sha": "new", "n": 1e999`, `"n": a number is larger than`},
		"deep nesting":             {`"sha": "new", "n": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "nested deeper than"},
		"a value that is null":     {`"sha": "new", "n": null`, `the value of "n" is null`},
		"a thing without an id":    {"", `it may be inputs[1]: the id is not a text`},
		"a thing with an odd id":   {"odd id", `it may be inputs[1]: the id is not a text`},
		"a thing that is too much": {`"sha": "new", "n": "` + strings.Repeat("x", 880<<10) + `"`, "it takes 980 KiB"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			say := b.serve(func(p *v1.ResourceSetInputProvider) {
				p.Spec.DefaultValues = v1.ResourceSetInput{"note": jsonText(strings.Repeat("y", 100<<10))}
			})
			odd := func(id string) string {
				switch c.odd {
				case "":
					return `{"sha": "new"}`
				case "odd id":
					return `{"id": {"n": ` + "7" + `}, "sha": "new"}`
				default:
					return `{"id": "` + id + `", ` + c.odd + `}`
				}
			}
			say(`{"id": "a", "sha": "1"}, {"id": "b", "sha": "1"}`)
			b.want("a@1 b@1")
			say(`{"id": "a", "sha": "2"}, ` + odd("b"))
			provider := b.want("a@2 b@1")
			b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "1 input stays as it was: \"b\" (")
			b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, c.words)
			before, told := provider.ResourceVersion, len(b.events.Events)
			if provider = b.want("a@2 b@1"); provider.ResourceVersion != before || len(b.events.Events) != told {
				t.Error("it is news twice")
			}
			say(`{"id": "a", "sha": "3"}, {"id": "b", "sha": "3"}`)
			b.wantReady(b.want("a@3 b@3"), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "Reconciliation finished")
			if c.odd != "" && c.odd != "odd id" {
				say(`{"id": "a", "sha": "4"}, {"id": "b", "sha": "4"}, ` + odd("c"))
				b.wantReady(b.want("a@4 b@4"), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "1 input is left out: \"c\" (")
			}
		})
	}
}

func TestOddCharactersAreExportedAsWhatCanBeStored(t *testing.T) {
	b := newBench(t)
	say := b.serve(nil)
	say(`{"id": "a", "sha": "\ud83d\ude00 \ud800 \u0000 ` + "\x7f \xff \u0085 \ufeff" + `"}`)
	provider := b.want("a@😀 � \x00 \x7f � \u0085 \ufeff")
	b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	before, told := provider.ResourceVersion, len(b.events.Events)
	if provider = b.run(); provider.ResourceVersion != before || len(b.events.Events) != told {
		t.Error("it is news twice")
	}
}

// A service in Python writes other JSON than one in Go, and sorts its keys in
// another way each time.
func TestWhatIsWrittenDifferentlyIsNoNews(t *testing.T) {
	b := newBench(t)
	say := b.serve(func(p *v1.ResourceSetInputProvider) {
		p.Spec.DefaultValues = v1.ResourceSetInput{"d": {Raw: []byte(`{"b": 1.0, "a": "\u00e9"}`)}}
	})
	say(`{"id":"a","sha":"é😀<","n":1,"m":{"x":[1000,0],"y":true,"z":9007199254740993}}`)
	provider := b.want("a@é😀<")
	before, revision, told := provider.ResourceVersion, provider.Status.LastExportedRevision, len(b.events.Events)
	for _, again := range []string{
		`{"sha": "\u00e9\ud83d\ude00\u003c", "m": {"z": 9007199254740993, "y": true, "x": [1e3, -0.0]}, "n": 1.0, "id": "a"}`,
		`{ "n" : 1.00 , "m":{"y":true,"x":[1000.0, 0],"z":9007199254740993}, "id":"\u0061", "sha":"é\ud83d\ude00<"}`,
	} {
		say(again)
		provider = b.run()
		if provider.ResourceVersion != before || len(b.events.Events) != told {
			t.Errorf("%s is news: %v", again, provider.Status.ExportedInputs)
		}
	}
	if got := string(provider.Status.ExportedInputs[0]["m"].Raw); !strings.Contains(got, "9007199254740993") {
		t.Errorf("an integer lost its last digit: %s", got)
	}
	say(`{"id":"a","sha":"é😀<","n":2}`)
	if b.run().Status.LastExportedRevision == revision {
		t.Error("another value is no news")
	}
}

// The rest of a provider may leave less room for what it exports.
func TestWhatFitsDependsOnHowLargeTheProviderIs(t *testing.T) {
	b := newBench(t)
	say := b.serve(func(p *v1.ResourceSetInputProvider) {
		p.Spec.Filter = &v1.InputProviderFilter{ExcludeBranch: strings.Repeat("z", 700<<10)}
	})
	large := `"v": "` + strings.Repeat("x", 400<<10) + `"`
	say(`{"id": "a", "sha": "1", ` + large + `}, {"id": "b", "sha": "1", ` + large + `}`)
	b.wantReady(b.want("a@1"), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "1 input is left out: \"b\"")
}

func TestInputsOfAnotherHandAreMended(t *testing.T) {
	b := newBench(t)
	say := b.serve(nil)
	say(`{"id": "1", "sha": "a"}`)
	provider := b.want("1@a")
	provider.Status.ExportedInputs = []v1.ResourceSetInput{
		{"id": {Raw: []byte(`{"no": "text"}`)}}, {"sha": jsonText("x")}, {"id": {Raw: []byte("1")}, "sha": jsonText("y")},
	}
	if err := server.Client.Status().Update(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
	b.want("1@a")
}

// What a forge says never stalls a provider: it is asked again.
func TestNoAnswerOfAServiceStallsAProvider(t *testing.T) {
	b := newBench(t)
	say := b.serve(nil)
	for _, odd := range []string{`NaN`, `{"id": "a", "n": Infinity}`, "\x00", `{"id": "\ud800"}`, `{"id": 1e999}`, `{"id": "a"}, {"id": "a"}`, `[]`, `null`, `{"": ""}`, `{"id": "a", "": {"\u0000": [null]}}`} {
		say(odd)
		if provider := b.run(); conditions.IsStalled(provider) {
			t.Errorf("%q stalls it: %v", odd, provider.Status.Conditions)
		}
		say(`{"id": "fine", "sha": "1"}`)
		b.want("fine@1")
	}
}

// What is too large is told by the forge's own fields, so the filters and labels
// of a maintainer still take it down.
func TestARequestThatGrewTooLargeStaysAsItWasAndFollowsItsLabels(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitHub(t)
	b.watch(f, func(p *v1.ResourceSetInputProvider) {
		p.Spec.Filter = &v1.InputProviderFilter{Labels: []string{"preview"}}
	})
	large := strings.Repeat("x", 5000)
	labels := []string{"preview", "build/image-ready"}
	f.Open(forge.Request{SHA: "a", Labels: labels})
	other := f.Open(forge.Request{SHA: "b", Labels: labels})
	b.want("1@a 2@b")
	f.Change(1, func(r *forge.Request) { r.SHA, r.Title = "c", large })
	f.Open(forge.Request{SHA: "d", Title: large, Labels: labels})
	f.Open(forge.Request{SHA: "d", Title: large})
	provider := b.want("1@a 2@b")
	b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, `1 input is left out: "3" (title takes 5000 bytes`)
	b.wantReady(provider, metav1.ConditionTrue, meta.ReconciliationSucceededReason, `1 input stays as it was: "1" (title takes 5000 bytes`)
	f.Change(1, func(r *forge.Request) { r.Labels = labels[:1] })
	b.want("2@b")
	f.Change(other, func(r *forge.Request) { r.Title, r.Labels = large, nil })
	b.want("")
}

func TestAStaticProviderWhoseInputDoesNotFitStalls(t *testing.T) {
	b := newBench(t)
	b.create(&v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: b.namespace},
		Spec:       v1.ResourceSetInputProviderSpec{Type: v1.InputProviderStatic, DefaultValues: v1.ResourceSetInput{"blob": jsonText(strings.Repeat("x", 1<<20))}},
	})
	provider := b.run()
	b.wantReady(provider, metav1.ConditionFalse, v1.ReasonInvalidExportedInputs, "shorten spec.defaultValues")
	if !conditions.IsStalled(provider) {
		t.Errorf("it is tried again: %v", provider.Status.Conditions)
	}
}

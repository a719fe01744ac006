package export

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/source"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// holding runs both halves, as a run does, and says what is news.
func holding(t *testing.T, provider *v1.ResourceSetInputProvider, now time.Time, verdicts ...admit.Verdict) string {
	t.Helper()
	made, err := Write(provider, verdicts)
	if err != nil {
		t.Fatal(err)
	}
	var news []string
	for _, line := range Hold(provider, verdicts, made, now) {
		news = append(news, line.ID+" "+line.Reason)
	}
	return strings.Join(news, ", ")
}

func lines(provider *v1.ResourceSetInputProvider) string {
	var out []string
	for _, line := range provider.Status.Held {
		out = append(out, fmt.Sprintf("%s %s@%s %s %s: %s", line.ID, line.SHA, line.ExportedSHA, line.Since.UTC().Format("15:04"), line.Reason, line.Message))
	}
	return strings.Join(out, "\n")
}

// verdict is one with a reason and, after a space, a message.
func verdict(id, sha string, decision admit.Decision, why string) admit.Verdict {
	reason, message, _ := strings.Cut(why, " ")
	return admit.Verdict{Item: source.Item{ID: id, SHA: sha}, Decision: decision, Reason: admit.Reason(reason), Message: message}
}

func TestWhatIsHeldHasALineThatSaysSinceWhen(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{}
	exported := verdict("1", "a", admit.Export, "")
	waits := verdict("2", "b", admit.Hold, "LabelMissing waits for a label")
	refused := verdict("3", "c", admit.Refuse, "Filtered is not wanted")
	if news := holding(t, provider, noon, exported, waits, refused); news != "2 LabelMissing" {
		t.Errorf("the news are %s", news)
	}
	const want = "2 b@ 12:00 LabelMissing: waits for a label"
	if got := lines(provider); got != want {
		t.Errorf("it is %s", got)
	}
	before := provider.DeepCopy()
	if news := holding(t, provider, noon.Add(time.Hour), exported, waits, refused); news != "" || !equality.Semantic.DeepEqual(before, provider) {
		t.Errorf("the same again is news: %s\n%s", news, lines(provider))
	}
	waits.Message, waits.Item.SHA = "waits for a label and has others", "d"
	if news := holding(t, provider, noon.Add(time.Hour), exported, waits); news != "" || lines(provider) != "2 d@ 12:00 LabelMissing: waits for a label and has others" {
		t.Errorf("for the same reason it is held since then, and no news: %s\n%s", news, lines(provider))
	}
	waits.Reason = admit.Paused
	if news := holding(t, provider, noon.Add(time.Hour), exported, waits); news != "2 Paused" || !strings.Contains(lines(provider), "13:00 Paused") {
		t.Errorf("another reason is news: %s\n%s", news, lines(provider))
	}
	waits.Decision = admit.Export
	if holding(t, provider, noon.Add(time.Hour), exported, waits); provider.Status.Held != nil || provider.Status.HeldCounts != nil {
		t.Errorf("what is exported is held: %s", lines(provider))
	}
}

func TestWhatIsHeldSaysThatItIsOfAForkAndWantsNoComment(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{}
	labelled := verdict("2", "b", admit.Hold, "LabelMissing waits for a label")
	labelled.Item.Labels, labelled.Item.Fork = []string{"bug", v1.NoCommentLabel}, true
	holding(t, provider, noon, verdict("1", "a", admit.Hold, "LabelMissing waits for a label"), labelled)
	if held := provider.Status.Held; held[0].NoComment || !held[1].NoComment || held[0].Fork || !held[1].Fork {
		t.Errorf("it is %+v", held)
	}
}

func TestAnInputThatStaysAsItWasIsSaidToBeBehind(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{}
	holding(t, provider, noon, verdict("1", "a", admit.Export, ""))
	holding(t, provider, noon, verdict("2", "b", admit.Hold, "LabelMissing waits"), verdict("1", "c", admit.Keep, "Paused is paused"))
	const want = "1 c@a 12:00 Paused: is paused\n2 b@ 12:00 LabelMissing: waits"
	if got := lines(provider); got != want {
		t.Errorf("it is\n%s\nwant, inputs first,\n%s", got, want)
	}
}

func TestWhatCannotBeExportedIsHeld(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{}
	odd := verdict("1", "a", admit.Hold, "NotStorable cannot be an input: odd")
	odd.Item.Refused = errors.New("odd")
	wrong := verdict("2", "b", admit.Export, "")
	wrong.Item.Values = v1.ResourceSetInput{"n": &apiextensionsv1.JSON{Raw: []byte("1e999")}}
	large := verdict("3", "c", admit.Export, "")
	large.Item.Title = strings.Repeat("x", 2<<20)
	holding(t, provider, noon, odd, wrong, large)
	var got []string
	for _, line := range provider.Status.Held {
		got = append(got, line.ID+" "+line.Reason)
	}
	if said := strings.Join(got, ", "); said != "1 NotStorable, 2 NotStorable, 3 NoRoom" {
		t.Errorf("held are %s", said)
	}
	if title := []rune(provider.Status.Held[2].Title); len(title) != maxHeldTitle {
		t.Errorf("a title of %d letters is kept", len(title))
	}
}

// Whatever is held, the object can be stored, and inputs are where they would be.
func TestFiveThousandThatAreHeldAreCountedAndTakeNoRoomFromInputs(t *testing.T) {
	for _, c := range []struct {
		claim  string
		inputs int
		least  int
	}{
		{"few inputs", 1, 90},
		{"as many as there is room for", 5000, 1},
	} {
		t.Run(c.claim, func(t *testing.T) {
			provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: server.Namespace(t)}}
			provider.Spec.Type, provider.Spec.URL = v1.InputProviderGiteaPullRequest, "https://gitea.example.com/acme/api"
			var verdicts []admit.Verdict
			for n := range c.inputs {
				one := verdict(fmt.Sprint(n), "a", admit.Export, "")
				one.Item.Title = strings.Repeat("é", 100)
				verdicts = append(verdicts, one)
			}
			alone := provider.DeepCopy()
			if _, err := Write(alone, verdicts); err != nil {
				t.Fatal(err)
			}
			for n := range 5000 {
				one := verdict(fmt.Sprint(100000+n), strings.Repeat("c", 40), admit.Hold, "LabelMissing "+strings.Repeat("é", 1000))
				one.Item.Title = strings.Repeat("語", 1000)
				verdicts = append(verdicts, one)
			}
			if err := server.Client.Create(context.Background(), provider); err != nil {
				t.Fatal(err)
			}
			before := provider.DeepCopy()
			for range 2 { // what is held now is no reason to export less next time
				holding(t, provider, noon, verdicts...)
			}
			if held := len(provider.Status.Held); held < c.least || held > maxHeld || provider.Status.HeldCounts["LabelMissing"] != 5000 {
				t.Errorf("%d are listed, and counted are %v", held, provider.Status.HeldCounts)
			}
			if len(provider.Status.ExportedInputs) != len(alone.Status.ExportedInputs) {
				t.Errorf("%d inputs are exported, and %d where nothing is held", len(provider.Status.ExportedInputs), len(alone.Status.ExportedInputs))
			}
			if err := server.Client.Status().Patch(context.Background(), provider.DeepCopy(), client.MergeFrom(before)); err != nil {
				t.Errorf("it cannot be stored: %v", err)
			}
		})
	}
}

func TestTheAPIServerKeepsWhatIsHeldAsItIsWritten(t *testing.T) {
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: server.Namespace(t)}}
	provider.Spec.Type = v1.InputProviderStatic
	if err := server.Client.Create(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
	before := provider.DeepCopy()
	odd := verdict("1", "a\xff", admit.Hold, "LabelMissing waits for \xff \x00 \u2028")
	odd.Item.Title, odd.Next = "bytes \xff that are no text, \u0000 and <&>", noon.Add(time.Hour+time.Millisecond)
	holding(t, provider, noon.Add(time.Millisecond), odd)
	written := provider.DeepCopy()
	if err := server.Client.Status().Patch(context.Background(), provider, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(provider), provider); err != nil {
		t.Fatal(err)
	}
	if !equality.Semantic.DeepEqual(written.Status, provider.Status) {
		t.Errorf("written is\n%+v\nand kept\n%+v", written.Status.Held, provider.Status.Held)
	}
	if news := holding(t, provider, noon.Add(time.Minute), odd); news != "" || !equality.Semantic.DeepEqual(written.Status, provider.Status) {
		t.Errorf("and the same is news: %s", news)
	}
}

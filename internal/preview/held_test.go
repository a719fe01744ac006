package preview_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
)

// snapshotOf is a set api-pr-envs with one preview, api-prs/1 at commit a, and its
// provider.
func snapshotOf(t *testing.T, providerStatus, change string) preview.Snapshot {
	t.Helper()
	provider := v1.ResourceSetInputProvider{}
	provider.Namespace, provider.Name = "app-dev", "api-prs"
	provider.Status.LastExportedRevision = "sha256:1"
	read(t, providerStatus, &provider.Status)
	one := v1.ResourceSet{}
	one.Namespace, one.Name = "app-dev", "api-pr-envs"
	one.Spec.InputsFrom = []v1.InputProviderReference{{Name: "api-prs"}}
	read(t, `{status: {previews: [{provider: api-prs, id: "1", sha: a, ready: "True", reason: ReconciliationSucceeded}]}}`, &one)
	read(t, change, &one)
	return preview.Snapshot{Sets: []v1.ResourceSet{one}, Providers: []v1.ResourceSetInputProvider{provider}}
}

func read(t *testing.T, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalStrict([]byte(text), into); err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsBehindSaysSoWithBothCommitsAndTheReason(t *testing.T) {
	for _, c := range []struct{ claim, provider, set, want string }{
		{"it is up to date", `{exportedInputs: [{id: "1", sha: a}]}`, `{}`, "api/1 Ready: "},
		{"the request is held", `{exportedInputs: [{id: "1", sha: a}], held: [{id: "1", sha: b, exportedSHA: a, reason: LabelMissing, message: waits for x, since: null}]}`, `{}`,
			"api/1 Ready: at commit a, and the request at b: waits for x"},
		{"it is held at the commit that it is at", `{exportedInputs: [{id: "1", sha: a}], held: [{id: "1", sha: a, exportedSHA: a, reason: Paused, message: is paused, since: null}]}`, `{}`,
			"api/1 Ready: what is pushed next is held: is paused"},
		{"the forge has not told its commit", `{exportedInputs: [{id: "1", sha: a}], held: [{id: "1", exportedSHA: a, reason: NoCommit, message: waits for the forge, since: null}]}`, `{}`,
			"api/1 Ready: what is pushed next is held: waits for the forge"},
		{"the set has not run yet", `{exportedInputs: [{id: "1", sha: b}]}`, `{}`, "api/1 Ready: at commit a, and the request at b: it is being deployed"},
		{"the set is suspended", `{exportedInputs: [{id: "1", sha: b}]}`, `{metadata: {annotations: {fluxcd.controlplane.io/reconcile: disabled}}}`,
			"api/1 Ready: at commit a, and the request at b: the ResourceSet is suspended"},
		{"the set fails", `{exportedInputs: [{id: "1", sha: b}]}`, `{status: {conditions: [{type: Ready, status: "False", reason: BuildFailed, message: no such key, lastTransitionTime: null}]}}`,
			"api/1 Ready: at commit a, and the request at b: the ResourceSet is not up to date: no such key"},
	} {
		t.Run(c.claim, func(t *testing.T) {
			if got := told(snapshotOf(t, c.provider, c.set).Requests()); got != c.want {
				t.Errorf("it is %q, want %q", got, c.want)
			}
		})
	}
}

func TestAPreviewOfASuspendedSetIsNotSaidToBeDeployed(t *testing.T) {
	for _, c := range []struct{ claim, line, want string }{
		{"what runs runs", `ready: "True", reason: ReconciliationSucceeded`, "Ready: "},
		{"what was under way is brought to no end", `ready: "Unknown", reason: Progressing, message: waits for it`,
			"Suspended: the ResourceSet is suspended, and nothing is brought up to date; before that it said: waits for it"},
		{"what failed has failed", `ready: "False", reason: BuildFailed, message: no key`, "Failed: no key"},
	} {
		t.Run(c.claim, func(t *testing.T) {
			change := `{metadata: {annotations: {fluxcd.controlplane.io/reconcile: disabled}}, status: {previews: [{provider: api-prs, id: "1", sha: a, ` + c.line + `}]}}`
			p := snapshotOf(t, `{exportedInputs: [{id: "1", sha: a}]}`, change).Previews()[0]
			if got := string(p.State()) + ": " + p.Message; got != c.want || !p.Suspended {
				t.Errorf("it is %q, want %q", got, c.want)
			}
		})
	}
}

func TestARequestWithoutAPreviewIsListedWithThoseThatHaveOne(t *testing.T) {
	const held = `{exportedInputs: [{id: "1", sha: a}], held: [
		{id: "10", sha: j, reason: Queued, message: waits for a place, since: null}, {id: "2", sha: b, reason: LabelMissing, message: waits for x, since: null},
		{id: "3", reason: NoCommit, message: waits for the forge, since: null}, {id: "4", sha: d, reason: Paused, message: is paused, since: null},
		{id: "5", sha: e, reason: NotStorable, message: cannot be an input, since: null}]}`
	snapshot := snapshotOf(t, held, `{}`)
	const want = "api/1 Ready: ; api/2 Waiting for label: open, waits for x; api/3 Waiting for forge: open, waits for the forge; " +
		"api/4 Paused: open, is paused; api/5 Failed: open, cannot be an input; api/10 Queued: open, waits for a place"
	if got := told(snapshot.Requests()); got != want {
		t.Errorf("it is\n%s\nwant\n%s", got, want)
	}
	if got := told(snapshot.Previews()); got != "api/1 Ready: " {
		t.Errorf("previews are %s", got)
	}
	snapshot.Sets = nil // those of a label that was asked for, say
	if got := told(snapshot.Requests()); got != "" {
		t.Errorf("without a set that would make a preview there is %s", got)
	}
}

func TestAPreviewThatIsTornDownIsNotListedTwiceWhereItsRequestWaits(t *testing.T) {
	s := withInventory(set("api-pr-envs"), "api-prs/1")
	s.Spec.InputsFrom = []v1.InputProviderReference{{Name: "api-prs"}}
	snapshot := snapshotOf(t, `{held: [{id: "1", sha: b, reason: LabelMissing, message: waits for x, since: null}]}`, `{}`)
	snapshot.Sets = []v1.ResourceSet{s}
	if got := told(snapshot.Requests()); got != "api/1 Removed: the request is open, and waits for x" {
		t.Errorf("it is %s", got)
	}
}

// told lists views, each with its state and how its request stands.
func told(previews []preview.View) string {
	var out []string
	for _, p := range previews {
		out = append(out, p.Name+" "+string(p.State())+": "+p.Standing())
	}
	return strings.Join(out, "; ")
}

func TestWhatCannotBeToldIsSaidToBeWaitedFor(t *testing.T) {
	for _, c := range []struct{ claim, gate, want string }{
		{"an image", `{images: [{name: api, repository: registry.example.com/api}]}`, "Waiting for image"},
		{"a check", `{checks: [{name: build}]}`, "Waiting for check"},
		{"a check, and then an image", `{images: [{name: api, repository: registry.example.com/api}], checks: [{name: build}]}`, "Waiting for evidence"},
	} {
		t.Run(c.claim, func(t *testing.T) {
			snapshot := snapshotOf(t, `{held: [{id: "2", sha: b, reason: EvidenceUnavailable, message: "waits, as it cannot be told", since: null}]}`, `{}`)
			snapshot.Providers[0].Spec.Gate = &v1.Gate{}
			read(t, c.gate, snapshot.Providers[0].Spec.Gate)
			for _, request := range snapshot.Requests() {
				if got := string(request.State()); request.ID == "2" && got != c.want {
					t.Errorf("it is %q, want %q", got, c.want)
				}
			}
		})
	}
}

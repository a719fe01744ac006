package templater

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/identity"
)

// perPair is a set that makes a ConfigMap for each pair of inputs of the
// providers "api" and "web".
const perPair = `
inputStrategy: {name: Permute}
inputsFrom: [{kind: ResourceSetInputProvider, name: api}, {kind: ResourceSetInputProvider, name: web}]
resources:
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: "p<< inputs.id >>", namespace: << inputs.provider.namespace >>}
  data: {api: "<< inputs.api.sha >>", web: "<< inputs.web.sha >>"}
`

// pairs are the names of the ConfigMaps of some combinations.
func pairs(combinations ...string) string {
	names := make([]string, len(combinations))
	for n, combination := range combinations {
		names[n] = "p" + identity.Spread(combination)
	}
	return sorted(names)
}

func TestTheStatusOfAPermutationSaysAtWhichCommitItIs(t *testing.T) {
	web := "{kind: ResourceSetInputProvider, name: web}]"
	for _, c := range []struct{ claim, spec, of, commits string }{
		{"two requests", perPair, "api=12/web=7", "api=c0ffee12/web=c0ffee7"},
		{"a request and a region", strings.NewReplacer(web, "]\ninputs: [{id: eu}]", "<< inputs.web.sha >>", "").Replace(perPair), "previews=eu/api=12", "c0ffee12"},
	} {
		t.Run(c.claim, func(t *testing.T) {
			b := newBench(t)
			b.provider("api", "12")
			b.provider("web", "7")
			b.set(c.spec)
			wantPreviews(t, b.run(), c.of+"/"+identity.Spread(c.of)+" True ReconciliationSucceeded 1 "+c.commits)
		})
	}
}

func TestAPairThatGoesLeavesTheOthersAlone(t *testing.T) {
	b := newBench(t)
	b.provider("api", "11", "12")
	b.provider("web", "7", "8")
	b.set(perPair)
	set := b.run()
	b.wantReady(set, metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	if got, want := b.configMaps(), pairs("api=11/web=7", "api=11/web=8", "api=12/web=7", "api=12/web=8"); got != want {
		t.Fatalf("there are %q, want %q", got, want)
	}
	if got, want := set.Status.Inventory.Entries[0].Input, "api=11/web=7/"+identity.Spread("api=11/web=7"); got != want {
		t.Errorf("the inventory says %q, want %q", got, want)
	}
	before := b.uid("p" + identity.Spread("api=12/web=8"))
	b.export("api", "12") // the first goes, so the others are at other positions
	b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	if got, want := b.configMaps(), pairs("api=12/web=7", "api=12/web=8"); got != want {
		t.Errorf("there are %q, want %q", got, want)
	}
	if b.uid("p"+identity.Spread("api=12/web=8")) != before {
		t.Error("an environment was made anew")
	}
}

func TestWhilePartOfAProductIsUnknownNothingIsTouched(t *testing.T) {
	b := newBench(t)
	b.provider("api", "12")
	b.provider("web", "7")
	b.set(perPair)
	b.run()
	web := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: b.namespace}}
	if err := server.Client.Delete(context.Background(), web); err != nil {
		t.Fatal(err)
	}
	again := &v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: b.namespace},
		Spec:       v1.ResourceSetInputProviderSpec{Type: v1.InputProviderStatic},
	}
	if err := server.Client.Create(context.Background(), again); err != nil {
		t.Fatal(err)
	}
	b.export("api", "12", "13")
	set := b.run()
	b.wantReady(set, metav1.ConditionUnknown, v1.ReasonInputsNotReady, "first report of ResourceSetInputProvider web: nothing is deleted")
	if got, want := b.configMaps(), pairs("api=12/web=7"); got != want || len(set.Status.Inventory.Entries) != 1 {
		t.Fatalf("there are %q, want %q; the inventory is %v", got, want, set.Status.Inventory)
	}
	b.export("web", "8")
	b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	if got, want := b.configMaps(), pairs("api=12/web=8", "api=13/web=8"); got != want {
		t.Errorf("there are %q, want %q", got, want)
	}
}

func TestAPairWhoseIDCollidesGetsOneOfItsOwnAndAnEventSaysSo(t *testing.T) {
	b := newBench(t)
	b.provider("api", "77")
	b.provider("web", "7", "71")
	b.set(perPair)
	b.run()
	b.export("api", "46", "77") // api=46/web=7 has the number of api=77/web=71
	set := b.run()
	b.wantEvent(`IDCollision "api=46/web=7" has the id 762450226-`)
	names := b.configMaps()
	if len(strings.Fields(names)) != 4 || !strings.Contains(names+" ", "p762450226 ") || !strings.Contains(names, "p762450226-") {
		t.Errorf("there are %q", names)
	}
	if again := b.run(); again.ResourceVersion != set.ResourceVersion || b.configMaps() != names {
		t.Errorf("the next time there are %q", b.configMaps())
	}
}

func TestSourcesThatATemplateCannotTellApartStallTheSet(t *testing.T) {
	b := newBench(t)
	b.provider("api.prs", "1")
	b.provider("api-prs", "2")
	b.set(strings.NewReplacer("name: api}", "name: api.prs}", "name: web}", "name: api-prs}").Replace(perPair))
	set := b.run()
	b.wantReady(set, metav1.ConditionFalse, meta.BuildFailedReason, "api-prs and ResourceSetInputProvider/"+b.namespace+"/api.prs would both be inputs.api_prs")
}

func TestTooManyPermutationsAreTriedAgainAndEndWithFewerInputs(t *testing.T) {
	b := newBench(t)
	ids := make([]string, 101)
	for n := range ids {
		ids[n] = fmt.Sprint(n)
	}
	b.provider("api", ids...)
	b.provider("web", ids...)
	b.set(perPair)
	_, err := b.Reconcile(context.Background(), ctrl.Request{NamespacedName: b.key("previews")})
	if err == nil || errors.Is(err, reconcile.TerminalError(nil)) {
		t.Errorf("it ends with %v, want another try", err)
	}
	set := b.read()
	b.wantReady(set, metav1.ConditionFalse, meta.BuildFailedReason, "more than 10000 permutations (101 of ")
	if conditions.IsStalled(set) {
		t.Error("it is stalled, as if only a change of the set could mend it")
	}
	b.export("api", "12")
	b.export("web", "7")
	b.wantReady(b.run(), metav1.ConditionTrue, meta.ReconciliationSucceededReason, "")
	if got, want := b.configMaps(), pairs("api=12/web=7"); got != want {
		t.Errorf("there are %q, want %q", got, want)
	}
}

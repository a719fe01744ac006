package apply_test

import (
	"context"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/object"
)

func (b *bench) prune(objects ...apply.Object) apply.Pruned {
	b.t.Helper()
	inventory := apply.InventoryOf(objects)
	session, err := b.Open(context.Background(), b.owner, inventory)
	if err != nil {
		b.t.Fatal(err)
	}
	return session.Prune(context.Background(), inventory)
}

func (b *bench) exists(object apply.Object) bool {
	b.t.Helper()
	err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(object.Unstructured), object.DeepCopy())
	if err != nil && !apierrors.IsNotFound(err) {
		b.t.Fatal(err)
	}
	return err == nil
}

// kustomization returns a Flux object that does not go before its finalizer does.
func (b *bench) kustomization(group, name string) apply.Object {
	return b.object(group, `
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: `+name+`, finalizers: [finalizers.fluxcd.io]}
spec: {interval: 10m, prune: true, path: ./, sourceRef: {kind: GitRepository, name: fleet}}
`)
}

// finalize does what Flux does when it has pruned.
func (b *bench) finalize(object apply.Object) {
	b.t.Helper()
	found := object.DeepCopy()
	if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(found), found); err != nil {
		b.t.Fatal(err)
	}
	base := found.DeepCopy()
	unstructured.RemoveNestedField(found.Object, "metadata", "finalizers")
	if err := server.Client.Patch(context.Background(), found, client.MergeFrom(base)); err != nil {
		b.t.Fatal(err)
	}
}

func left(pruned apply.Pruned) string {
	var names []string
	for _, entry := range pruned.Left {
		names = append(names, entry.Kind+"/"+entry.Name)
	}
	return strings.Join(names, ", ")
}

func TestWhatIsUnwantedIsDeletedAndSeenToBeGone(t *testing.T) {
	b := newBench(t)
	one, two := b.configMap("1", "one", "a"), b.configMap("2", "two", "a")
	b.run(one, two)
	pruned := b.prune(one)
	if left(pruned) != "" || len(pruned.Changes) != 1 || b.exists(one) || !b.exists(two) {
		t.Errorf("left %q, changes %v, one exists %v, two exists %v", left(pruned), pruned.Changes, b.exists(one), b.exists(two))
	}
}

func TestWhatIsGoneAlreadyIsForgotten(t *testing.T) {
	b := newBench(t)
	pruned := b.prune(b.configMap("1", "never", "a"), b.object("1", "{apiVersion: example.com/v1, kind: Widget, metadata: {name: one}}"))
	if left(pruned) != "" || len(pruned.Changes) != 0 {
		t.Errorf("left %q, changes %v", left(pruned), pruned.Changes)
	}
}

func TestAProtectedObjectIsLetGo(t *testing.T) {
	b := newBench(t)
	for _, where := range []string{"annotations", "labels"} {
		kept := b.object("1", "{apiVersion: v1, kind: ConfigMap, metadata: {name: kept-"+where+", "+where+": {fluxcd.controlplane.io/prune: disabled}}}")
		apply.SetOwner(kept.Unstructured, b.owner)
		b.run(kept)
		if pruned := b.prune(kept); left(pruned) != "" || !b.exists(kept) {
			t.Errorf("protected by %s: left %q, exists %v", where, left(pruned), b.exists(kept))
		}
	}
}

func TestAnObjectThatSomebodyElseTookIsLetGo(t *testing.T) {
	b := newBench(t)
	one := b.configMap("1", "one", "a")
	b.run(one)
	taken := b.get("one")
	taken.Labels["resourceset.fluxcd.controlplane.io/name"] = "other"
	if err := server.Client.Update(context.Background(), taken); err != nil {
		t.Fatal(err)
	}
	if pruned := b.prune(one); left(pruned) != "" || !b.exists(one) {
		t.Errorf("left %q, exists %v", left(pruned), b.exists(one))
	}
}

// outlives checks that pruning leaves an object until what needs it is gone, and both
// with what went before are gone then.
func (b *bench) outlives(needed, user apply.Object, both string, before ...apply.Object) {
	b.t.Helper()
	all := append([]apply.Object{needed, user}, before...)
	if pruned := b.prune(all...); left(pruned) != both || !b.exists(needed) {
		b.t.Errorf("left %q, what is needed exists: %v", left(pruned), b.exists(needed))
	}
	b.finalize(user)
	if pruned := b.prune(all...); left(pruned) != "" || b.exists(needed) {
		b.t.Errorf("left %q, what was needed exists: %v", left(pruned), b.exists(needed))
	}
}

func TestWhatAKustomizationNeedsOutlivesIt(t *testing.T) {
	b := newBench(t)
	account := b.object("1", "{apiVersion: v1, kind: ServiceAccount, metadata: {name: deployer}}")
	flux := b.kustomization("1", "app")
	b.run(account, flux)

	for range 2 {
		pruned := b.prune(account, flux)
		if left(pruned) != "ServiceAccount/deployer, Kustomization/app" || !b.exists(account) {
			t.Fatalf("left %q, the account exists: %v", left(pruned), b.exists(account))
		}
		if why := pruned.Why[object.RefOf(flux.Unstructured)]; !strings.Contains(why, "held by finalizers.fluxcd.io") {
			t.Errorf("the Kustomization waits for %q", why)
		}
	}
	b.finalize(flux)
	if pruned := b.prune(account, flux); left(pruned) != "" || b.exists(account) {
		t.Errorf("left %q, the account exists: %v", left(pruned), b.exists(account))
	}
}

func TestWhatAKustomizationMayDoWhereItDeploysToOutlivesIt(t *testing.T) {
	b := newBench(t)
	elsewhere := b.object("1", "{apiVersion: v1, kind: Namespace, metadata: {name: "+b.namespace+"-elsewhere}}")
	elsewhere.SetNamespace("")
	rights := b.object("1", `{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: deployer},
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: admin}, subjects: [{kind: ServiceAccount, name: deployer, namespace: `+b.namespace+`}]}`)
	rights.SetNamespace(elsewhere.GetName())
	flux := b.kustomization("1", "app")
	b.run(elsewhere)
	b.run(rights, flux)
	b.outlives(rights, flux, "RoleBinding/deployer, Kustomization/app")
}

func TestWhatSeveralPreviewsShareOutlivesEachKustomization(t *testing.T) {
	b := newBench(t)
	account := b.object("1", "{apiVersion: v1, kind: ServiceAccount, metadata: {name: deployer}}")
	account.Sharers = []string{"2"}
	first, slow := b.kustomization("1", "first"), b.kustomization("2", "slow")
	b.run(account, first, slow)
	b.prune(account, first, slow)
	b.finalize(first)
	b.outlives(account, slow, "ServiceAccount/deployer, Kustomization/slow", first)
}

func TestWhatASetThatASetMadeNeedsOutlivesIt(t *testing.T) {
	b := newBench(t)
	account := b.object("1", "{apiVersion: v1, kind: ServiceAccount, metadata: {name: deployer}}")
	child := b.object("1", "{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {name: child, finalizers: [fluxcd.controlplane.io/finalizer]}, spec: {serviceAccountName: deployer, resources: []}}")
	if _, errs := b.run(account, child); len(errs) > 0 {
		t.Fatal(errs)
	}
	b.outlives(account, child, "ServiceAccount/deployer, ResourceSet/child")
}

func TestWhoSharedAnObjectBeforeIsRemembered(t *testing.T) {
	b := newBench(t)
	before := apply.InventoryOf([]apply.Object{b.configMap("1", "moved", "a"), b.configMap("1", "same", "a"), b.configMap("1", "shared", "a")})
	before[2].Shared = true
	now := apply.InventoryOf([]apply.Object{b.configMap("2", "moved", "a"), b.configMap("1", "same", "a"), b.configMap("1", "shared", "a"), b.configMap("2", "new", "a")})
	for n, want := range []bool{true, false, true, false} {
		if got := now.SharedAs(before)[n]; got.Shared != want {
			t.Errorf("%s is shared: %v", got.Ref, got.Shared)
		}
	}
}

func TestAStuckKustomizationHoldsUpItsOwnPreviewAlone(t *testing.T) {
	b := newBench(t)
	stuck := b.kustomization("1", "stuck")
	mine, others := b.configMap("1", "mine", "a"), b.configMap("2", "others", "a")
	b.run(stuck, mine, others)
	if pruned := b.prune(stuck, mine, others); left(pruned) != "Kustomization/stuck, ConfigMap/mine" || b.exists(others) {
		t.Errorf("left %q, the other preview's object exists: %v", left(pruned), b.exists(others))
	}
	b.finalize(stuck)
}

func TestTheInventoryIsReadAsItWasStored(t *testing.T) {
	b := newBench(t)
	role := b.object("api-prs/7", "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {name: 'system:previews'}}")
	role.SetNamespace("")
	inventory := apply.InventoryOf([]apply.Object{b.configMap("", "one", "a"), role})
	stored := inventory.Stored()
	if id := stored.Entries[1].ID; id != "_system__previews_rbac.authorization.k8s.io_ClusterRole" {
		t.Errorf("the id is %q", id)
	}
	back, err := apply.ReadInventory(stored)
	if err != nil {
		t.Fatal(err)
	}
	if len(back) != 2 || back[0] != inventory[0] || back[1] != inventory[1] {
		t.Errorf("read %v, stored %v", back, inventory)
	}
	stored.Entries[0].ID = "nonsense"
	if _, err := apply.ReadInventory(stored); err == nil {
		t.Error("an entry that cannot be read is not an error")
	}
}

package rollout_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/object"
	"github.com/eddy-previews/eddy/internal/rollout"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// deployer is a Kustomization that has deployed what the lines name.
func deployer(t *testing.T, lines ...string) unstructured.Unstructured {
	t.Helper()
	text := `{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {namespace: a, name: api, generation: 1},
  status: {observedGeneration: 1, conditions: [{type: Ready, status: "True"}], inventory: {entries: [`
	for _, line := range lines {
		text += fmt.Sprintf("{id: %s, v: v1},", line)
	}
	return parsed(t, text+"]}}}")[0]
}

func parsed(t *testing.T, documents string) []unstructured.Unstructured {
	t.Helper()
	var out []unstructured.Unstructured
	for document := range strings.SplitSeq(documents, "\n---\n") {
		one := unstructured.Unstructured{}
		raw, err := yaml.YAMLToJSON([]byte(document))
		if err == nil {
			err = one.UnmarshalJSON(raw) // which tells integers from other numbers
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, document)
		}
		out = append(out, one)
	}
	return out
}

// world is one in which all places that are wanted have been listed.
func world(t *testing.T, root unstructured.Unstructured, objects []unstructured.Unstructured) *rollout.World {
	t.Helper()
	w, roots := rollout.NewWorld(root), []object.Ref{object.RefOf(&root)}
	for _, next := range []func([]object.Ref, *rollout.World) []rollout.Place{rollout.Wanted, rollout.Wanted, rollout.Details} {
		for _, place := range next(roots, w) {
			var found []unstructured.Unstructured
			for _, one := range objects {
				if one.GroupVersionKind() == place.GroupVersionKind && one.GetNamespace() == place.Namespace {
					found = append(found, one)
				}
			}
			w.Add(place, found...)
		}
	}
	return w
}

// deployment is one that is late, with its ReplicaSet and one pod, whose status
// follows.
const deployment = `{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: a, name: api, uid: d, generation: 1}, spec: {replicas: 1},
  status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, unavailableReplicas: 1, conditions: [{type: Available, status: "False"}]}}
---
{apiVersion: apps/v1, kind: ReplicaSet, metadata: {namespace: a, name: api-1, uid: r, ownerReferences: [{kind: Deployment, name: api, uid: d}]}}
---
{apiVersion: v1, kind: Pod, metadata: {namespace: a, name: api-1-x, uid: p, ownerReferences: [{kind: ReplicaSet, name: api-1, uid: r}]}, status: `

const event = "\n---\n" + `{apiVersion: v1, kind: Event, metadata: {namespace: a, name: e}, involvedObject: {uid: p}, lastTimestamp: "2026-03-01T11:59:00Z", `

func waits(reason, message string) string {
	return fmt.Sprintf("{phase: Pending, containerStatuses: [{name: app, image: 'i:1', state: {waiting: {reason: %s, message: %q}}}]}}", reason, message)
}

func TestWhyItDoesNotRun(t *testing.T) {
	const api = "a_api_apps_Deployment"
	for _, c := range []struct{ claim, inventory, objects, want string }{
		{"image not there", api, deployment + waits("ImagePullBackOff", "rpc error: code = NotFound: not found"), "False ImageNotFound Pod/api-1-x: image not found: i:1 (container app)"},
		{"image of another architecture", api, deployment + waits("ErrImagePull", "no match for platform in manifest: not found"),
			"False WrongArchitecture Pod/api-1-x: image i:1 (container app) is not made for the node's architecture: no match for platform in manifest: not found"},
		{"program of another architecture", api, deployment + `{phase: Running, containerStatuses: [{name: app, image: 'i:1', restartCount: 2, state: {terminated: {exitCode: 255, reason: Error, message: "exec /app: exec format error"}}}]}}`,
			"False WrongArchitecture Pod/api-1-x: image i:1 (container app) is not made for the node's architecture: exec /app: exec format error"},
		{"no access to the image", api, deployment + waits("ErrImagePull", "401 Unauthorized"), "False ImageAccessDenied Pod/api-1-x: the registry refuses to give image i:1 (container app): it does not exist, or needs credentials"},
		{"command not found", api, deployment + `{phase: Running, containerStatuses: [{name: app, state: {terminated: {exitCode: 128, reason: StartError, message: "exec: nope: not found"}}}]}}`,
			"False CommandNotFound Pod/api-1-x: container app cannot start: exec: nope: not found"},
		{"missing Secret", api, deployment + waits("CreateContainerConfigError", `secret "db" not found`), `False ConfigurationMissing Pod/api-1-x: container app cannot be made: secret "db" not found`},
		{"missing key", api, deployment + waits("CreateContainerConfigError", `couldn't find key url in ConfigMap a/db`), `False ConfigurationMissing Pod/api-1-x: container app cannot be made: couldn't find key url in ConfigMap a/db`},
		{"too big for every node", api, deployment + `{phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/1 nodes are available: 1 Insufficient cpu."}]}}`,
			"False Unschedulable Pod/api-1-x: no node takes the pod: 0/1 nodes are available: 1 Insufficient cpu."},
		{"crash loop", api, deployment + `{phase: Running, containerStatuses: [{name: app, restartCount: 4, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1}}}]}}`,
			"False CrashLoop Pod/api-1-x: container app crashes, restarted 4 times: exit code 1"},
		{"a probe that fails may be a slow start", api, deployment + `{phase: Running, containerStatuses: [{name: app, state: {running: {}}}]}}` + event + `reason: Unhealthy, message: "Readiness probe failed: 503"}`,
			"Unknown ProbeFailed Pod/api-1-x: container app runs and is not ready: Readiness probe failed: 503"},
		{"until its time is over", api, strings.Replace(deployment, `conditions: [`, `conditions: [{type: Progressing, status: "False", reason: ProgressDeadlineExceeded},`, 1) +
			`{phase: Running, containerStatuses: [{name: app, state: {running: {}}}]}}` + event + `reason: Unhealthy, message: "Readiness probe failed: 503"}`,
			"False ProbeFailed Pod/api-1-x: container app runs and is not ready: Readiness probe failed: 503"},
		{"quota exceeded", api, `{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: a, name: api, uid: d, generation: 1}, spec: {replicas: 1},
  status: {observedGeneration: 1, unavailableReplicas: 1, conditions: [{type: ReplicaFailure, status: "True", reason: FailedCreate, message: 'pods "x" is forbidden: exceeded quota: small, requested: cpu=2'}]}}`,
			"False QuotaExceeded Deployment/api: exceeded quota: small, requested: cpu=2"},
		{"it starts", api, deployment + `{phase: Pending}}`, "Unknown Progressing Deployment/api: Available: 0/1"},
		{"its newest generation was not seen yet", api, `{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: a, name: api, generation: 2}, spec: {replicas: 1}, status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1}}`,
			"Unknown Progressing Deployment/api: Deployment generation is 2, but latest observed generation is 1"},
		{"it runs", api, `{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: a, name: api, generation: 1}, spec: {replicas: 1}, status: {observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1, conditions: [{type: Available, status: "True"}]}}`, "True  "},
		{"the new one fails and the old one runs", api, strings.Replace(deployment, "replicas: 1, updatedReplicas: 1, unavailableReplicas: 1", "replicas: 2, updatedReplicas: 1, availableReplicas: 1, readyReplicas: 1", 1) + waits("ErrImagePull", "not found"),
			"False ImageNotFound Pod/api-1-x: image not found: i:1 (container app)"},
		{"scaled to nothing", api, `{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: a, name: api, generation: 1}, spec: {replicas: 0}, status: {observedGeneration: 1, conditions: [{type: Available, status: "True"}]}}`, "True  "},
		{"somebody deleted it", api, deployment[:0] + `{apiVersion: v1, kind: Pod, metadata: {namespace: a, name: stranger}}`, "False ObjectMissing Deployment/api: it was deployed, and is not in the cluster any more"},
		{"nothing that could run", "a_api__Service", `{apiVersion: v1, kind: Pod, metadata: {namespace: a, name: stranger}}`, "True  "},
		{"a StatefulSet", "a_db_apps_StatefulSet", `{apiVersion: apps/v1, kind: StatefulSet, metadata: {namespace: a, name: db, uid: s, generation: 1}, spec: {replicas: 1}, status: {observedGeneration: 1}}`,
			"Unknown Progressing StatefulSet/db: Replicas: 0/1"},
		{"a DaemonSet", "a_db_apps_DaemonSet", `{apiVersion: apps/v1, kind: DaemonSet, metadata: {namespace: a, name: db, uid: s, generation: 1}, status: {observedGeneration: 1, desiredNumberScheduled: 1}}`,
			"Unknown Progressing DaemonSet/db: Current: 0/1"},
		{"a bare pod", "a_one__Pod", `{apiVersion: v1, kind: Pod, metadata: {namespace: a, name: one}, status: ` + waits("ErrImagePull", "not found"), "False ImageNotFound Pod/one: image not found: i:1 (container app)"},
		{"a Job that runs", "a_migrate_batch_Job", `{apiVersion: batch/v1, kind: Job, metadata: {namespace: a, name: migrate}, status: {startTime: "2026-03-01T11:59:00Z", active: 1}}`, "Unknown Progressing Job/migrate: it has yet to complete"},
		{"a Job that failed", "a_migrate_batch_Job", `{apiVersion: batch/v1, kind: Job, metadata: {namespace: a, name: migrate}, status: {failed: 1, conditions: [{type: Failed, status: "True", message: Job has reached the specified backoff limit}]}}`,
			"False JobFailed Job/migrate: the Job failed: Job has reached the specified backoff limit"},
		{"a Job that is done", "a_migrate_batch_Job", `{apiVersion: batch/v1, kind: Job, metadata: {namespace: a, name: migrate}, status: {succeeded: 1, conditions: [{type: Complete, status: "True"}]}}`, "True  "},
		{"a Job that was done, and has gone", "a_migrate_batch_Job", `{apiVersion: v1, kind: Pod, metadata: {namespace: a, name: stranger}}`, "True  "},
		{"a HelmRelease that rolls back", "a_db_helm.toolkit.fluxcd.io_HelmRelease", `{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {namespace: a, name: db, generation: 2}, status: {observedGeneration: 2, conditions: [{type: Ready, status: "False", reason: RollbackSucceeded, message: Helm rollback to previous release succeeded}]}}`,
			"False HelmFailed HelmRelease/db: Helm failed: Helm rollback to previous release succeeded"},
	} {
		t.Run(c.claim, func(t *testing.T) {
			root := deployer(t, c.inventory)
			w := world(t, root, parsed(t, c.objects))
			got := rollout.Of(object.RefOf(&root), w, now)
			if said := fmt.Sprintf("%s %s %s", got.Ready, got.Reason, got.Message); said != c.want {
				t.Errorf("it is %q\nwant  %q", said, c.want)
			}
		})
	}
}

func TestTheWorstOfSeveralCounts(t *testing.T) {
	root := deployer(t, "a_slow_apps_StatefulSet", "a_migrate_batch_Job", "a_api_apps_Deployment")
	w := world(t, root, parsed(t, `{apiVersion: apps/v1, kind: StatefulSet, metadata: {namespace: a, name: slow, generation: 1}, spec: {replicas: 1}, status: {observedGeneration: 1}}
---
{apiVersion: batch/v1, kind: Job, metadata: {namespace: a, name: migrate}, status: {conditions: [{type: Complete, status: "True"}]}}
---
`+deployment+waits("ErrImagePull", "not found")))
	if got := rollout.Of(object.RefOf(&root), w, now); got.Reason != "ImageNotFound" {
		t.Errorf("it is %+v", got)
	}
}

func TestWhatADeployerBelowADeployerDeployedCounts(t *testing.T) {
	root := deployer(t, "a_below_kustomize.toolkit.fluxcd.io_Kustomization")
	below := deployer(t, "a_api_apps_Deployment")
	below.SetName("below")
	w := world(t, root, append(parsed(t, deployment+waits("ErrImagePull", "not found")), below))
	if got := rollout.Of(object.RefOf(&root), w, now); got.Reason != "ImageNotFound" {
		t.Errorf("it is %+v", got)
	}
}

func TestDeployersThatListEachOtherAreMembersOnce(t *testing.T) {
	const many = 40
	var lines []string
	for n := range many {
		lines = append(lines, fmt.Sprintf("a_k%d_kustomize.toolkit.fluxcd.io_Kustomization", n))
	}
	var all []unstructured.Unstructured
	for n := range many {
		one := deployer(t, lines...)
		one.SetName(fmt.Sprintf("k%d", n))
		all = append(all, one)
	}
	roots := []object.Ref{object.RefOf(&all[0])}
	if got := rollout.Members(roots, world(t, all[0], all)); len(got) != many-1 {
		t.Errorf("%d deployers have %d members", many, len(got))
	}
}

func TestWhatIsInAnotherClusterOrCannotBeSeenIsHeldAgainstNobody(t *testing.T) {
	root := deployer(t, "a_api_apps_Deployment")
	id := object.RefOf(&root)
	if got := rollout.Of(id, rollout.NewWorld(root), now); got.Ready != "True" {
		t.Errorf("what was never listed is %+v", got)
	}
	if err := unstructured.SetNestedField(root.Object, map[string]any{"secretRef": map[string]any{"name": "x"}}, "spec", "kubeConfig"); err != nil {
		t.Fatal(err)
	}
	w := world(t, root, parsed(t, deployment+waits("ErrImagePull", "not found")))
	if got := rollout.Of(id, w, now); got.Ready != "True" {
		t.Errorf("what is elsewhere is %+v", got)
	}
}

func TestPodsAndEventsAreAskedForOnlyWhereSomethingIsLate(t *testing.T) {
	root := deployer(t, "a_api_apps_Deployment")
	roots := []object.Ref{object.RefOf(&root)}
	w := rollout.NewWorld(root)
	place := rollout.Place{GroupVersionKind: schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, Namespace: "a"}
	if got := rollout.Wanted(roots, w); len(got) != 1 || got[0] != place {
		t.Fatalf("wanted is %v", got)
	}
	w.Add(place, parsed(t, `{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: a, name: api, generation: 1}, spec: {replicas: 0}, status: {observedGeneration: 1, conditions: [{type: Available, status: "True"}]}}`)...)
	if wanted, details := rollout.Wanted(roots, w), rollout.Details(roots, w); len(wanted)+len(details) > 0 {
		t.Errorf("wanted is %v, and %v", wanted, details)
	}
}

func TestOnlyAPreviewThatIsLateMissesThePodsThatWereNotSeen(t *testing.T) {
	late, runs := deployer(t, "a_api_apps_Deployment"), deployer(t, "a_fine_apps_Deployment")
	runs.SetName("fine")
	w := rollout.NewWorld(late, runs)
	of := func(root unstructured.Unstructured) []object.Ref {
		return []object.Ref{object.RefOf(&root)}
	}
	if !rollout.Misses(of(late), w) || !rollout.Misses(of(runs), w) {
		t.Error("nothing was seen, and nobody misses it")
	}
	w.Add(rollout.Place{GroupVersionKind: schema.GroupVersionKind{Group: "apps", Version: "v1", Kind: "Deployment"}, Namespace: "a"}, parsed(t, `
{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: a, name: api, generation: 1}, spec: {replicas: 1}, status: {observedGeneration: 1, conditions: [{type: Available, status: "False"}]}}
---
{apiVersion: apps/v1, kind: Deployment, metadata: {namespace: a, name: fine, generation: 1}, spec: {replicas: 0}, status: {observedGeneration: 1, conditions: [{type: Available, status: "True"}]}}`)...)
	if !rollout.Misses(of(late), w) {
		t.Error("the pods of what is late are not missed")
	}
	if rollout.Misses(of(runs), w) {
		t.Error("what runs misses pods that nobody has to look at")
	}
}

func TestWhoMayNotLookAtAllNamespacesLooksAtEach(t *testing.T) {
	var lines []string
	for n := range 20 {
		lines = append(lines, fmt.Sprintf("n%d_api_apps_Deployment", n))
	}
	root := deployer(t, lines...)
	roots := []object.Ref{object.RefOf(&root)}
	for _, c := range []struct {
		claim  string
		mayAll bool
		asked  int
	}{{"all at once", true, 1}, {"each alone", false, 21}} {
		asked, w := 0, rollout.NewWorld(root)
		unseen := rollout.Look(context.Background(), roots, w, func(_ context.Context, place rollout.Place) ([]unstructured.Unstructured, error) {
			asked++
			if place.Namespace == "" && !c.mayAll {
				return nil, errors.New("forbidden")
			}
			return nil, nil
		})
		if asked != c.asked || len(unseen) > 0 || len(rollout.Wanted(roots, w)) > 0 {
			t.Errorf("%s: asked %d times, want %d; unseen are %v", c.claim, asked, c.asked, unseen)
		}
	}
}

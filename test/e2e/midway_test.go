package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// midway is a set of one preview at a commit that starts slowly, or is not there.
const midway = `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: midway, namespace: midway}
spec:
  readiness: {within: 2m}
  inputs: [{id: "1", sha: %s, start: %s}]
  resources:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: midway, namespace: midway}
    spec:
      selector: {matchLabels: {app: midway}}
      template:
        metadata: {labels: {app: midway}, annotations: {app/commit-sha: << inputs.sha >>}}
        spec:
          terminationGracePeriodSeconds: 0
          containers:
          - name: app
            image: midway:1
            imagePullPolicy: IfNotPresent
            env: [{name: APP_START, value: << inputs.start >>}]
            readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
`

// A commit that is pushed while the last one starts is what is waited for: the one
// between is never said to be ready. A suspended set says nothing new, and the commands
// see by themselves what runs.
func TestAPushDuringARolloutAndASetThatIsSuspended(t *testing.T) {
	if world.System.Node == nil {
		t.Skip("no pods run here: " + strings.Join(world.System.Missing, "; "))
	}
	must(t, world.Programs.Image(t.Context(), world.System.Dir, "docker.io/library/midway:1", "midway"))
	namespace(t, "midway")
	must(t, world.Apply(t.Context(), fmt.Sprintf(midway, "one", "0s")))
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: "midway", Name: "midway"}}
	t.Cleanup(func() {
		if err := world.Kube.Delete(context.Background(), set); err != nil {
			t.Error(err)
		}
	})
	expect(t, isAt("True", "one", "one"))
	seen := follow(t, set)

	t.Run("pushed during a roll-out", func(t *testing.T) {
		must(t, world.Apply(t.Context(), fmt.Sprintf(midway, "two", "20s")))
		expect(t, isAt("Unknown", "two", "one"))
		time.Sleep(3 * time.Second) // its pod starts
		began := time.Now()
		must(t, world.Apply(t.Context(), fmt.Sprintf(midway, "three", "2s")))
		said, code := eddy(t.Context(), t, "wait", "preview", "midway/1", "-n", "midway", "--commit=three", "--timeout=2m")
		equal(t, code, 0)
		t.Logf("three is ready %s after its push: %s", time.Since(began).Round(time.Second), said)
		expect(t, isAt("True", "three", "three"))
		said, code = eddy(t.Context(), t, "wait", "preview", "midway/1", "-n", "midway", "--commit=two", "--timeout=2s")
		equal(t, code, 124)
		if !strings.Contains(said, "midway/1 is at commit three") {
			t.Errorf("wait says %s", said)
		}
	})
	for _, line := range seen() {
		t.Log(line)
		if strings.HasPrefix(line, "True two,") || strings.HasSuffix(line, "ready two") {
			t.Errorf("a commit was said to be ready that was not: %s", line)
		}
	}
	t.Run("suspended", func(t *testing.T) {
		suspended(t)
	})
}

// suspended breaks what a suspended set has deployed, and lets it go on.
func suspended(t *testing.T) {
	t.Helper()
	_, code := eddy(t.Context(), t, "suspend", "resourceset", "midway", "-n", "midway")
	equal(t, code, 0)
	deployment := &unstructured.Unstructured{}
	deployment.SetAPIVersion("apps/v1")
	deployment.SetKind("Deployment")
	deployment.SetNamespace("midway")
	deployment.SetName("midway")
	must(t, world.Patch(t.Context(), deployment, `{"spec":{"template":{"spec":{"containers":[{"name":"app","image":"midway:none","imagePullPolicy":"Never"}]}}}}`))
	expect(t, actors.Claim{What: "get says that it is suspended, and why it does not run", Within: 30 * time.Second, Check: func(ctx context.Context) error {
		said, _ := eddy(ctx, t, "get", "preview", "midway/1", "-n", "midway")
		if !strings.Contains(strings.ToLower(said), "suspended") {
			return errors.New(said)
		}
		return nil
	}})
	said, code := eddy(t.Context(), t, "wait", "preview", "midway/1", "-n", "midway", "--failed-for=0s", "--timeout=5s")
	listed, _ := eddy(t.Context(), t, "get", "preview", "midway/1", "-n", "midway")
	t.Logf("suspended: wait exits with %d: %s\n%s", code, said, listed)
	expect(t, isAt("True", "three", "three")) // nobody looks
	_, code = eddy(t.Context(), t, "resume", "resourceset", "midway", "-n", "midway")
	equal(t, code, 0)
	ends(t, 0, "is ready", "wait", "preview", "midway/1", "-n", "midway", "--timeout=1m")
	expect(t, isAt("True", "three", "three"))
}

// isAt claims what the status says of the one preview.
func isAt(ready metav1.ConditionStatus, sha, readySHA string) actors.Claim {
	return actors.Claim{What: fmt.Sprintf("it is %s at %s, and was ready at %s", ready, sha, readySHA), Within: time.Minute, Check: func(ctx context.Context) error {
		set := &v1.ResourceSet{}
		if err := world.Kube.Get(ctx, client.ObjectKey{Namespace: "midway", Name: "midway"}, set); err != nil {
			return err
		}
		for _, one := range set.Status.Previews {
			if one.Ready == ready && one.SHA == sha && one.ReadySHA == readySHA {
				return nil
			}
		}
		return fmt.Errorf("the previews are %+v", set.Status.Previews)
	}}
}

// follow notes each state that the status of a set goes through, until it is asked for them.
func follow(t *testing.T, set *v1.ResourceSet) (seen func() []string) {
	t.Helper()
	watched, err := world.Kube.Watch(t.Context(), &v1.ResourceSetList{}, client.InNamespace(set.Namespace))
	must(t, err)
	var mu sync.Mutex
	var out []string
	go func() {
		for event := range watched.ResultChan() {
			now, is := event.Object.(*v1.ResourceSet)
			if !is || len(now.Status.Previews) != 1 {
				continue
			}
			one := now.Status.Previews[0]
			mu.Lock()
			out = append(out, fmt.Sprintf("%s %s, ready %s", one.Ready, one.SHA, one.ReadySHA))
			mu.Unlock()
		}
	}()
	return func() []string {
		watched.Stop()
		mu.Lock()
		defer mu.Unlock()
		return slices.Compact(out)
	}
}

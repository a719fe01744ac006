package e2e_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	ocispec "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// broken is a way in which a preview does not get ready, and what is said of it.
type broken struct {
	// id of the preview, and the values of its input beside that.
	id, input string
	// reason and message in the status.
	reason, message string
	// cause is what describe names.
	cause string
}

// waysToBreak are those of one set; the first is a preview that runs, and the second one
// that takes its time.
func waysToBreak() []broken {
	const late = "; it had 30s to get ready$"
	return []broken{
		{"runs", ``, "ReconciliationSucceeded", `^$`, ""},
		{"slow", `start: 15s`, "ReconciliationSucceeded", `^$`, ""},
		{"image", `image: "REGISTRY/none:1"`, "RolloutFailed", `image not found: .*/none:1`, "image not found"},
		{"command", `command: /nope`, "RolloutFailed", `/nope`, "/nope"},
		{"crash", `port: "99999"`, "RolloutFailed", `container app .*(exit|crash)`, "container app"},
		{"secret", `secret: missing`, "RolloutFailed", `[Ss]ecret "?missing"?`, "missing"},
		{"key", `key: missing`, "RolloutFailed", `missing`, "missing"},
		{"node", `cpu: "1000"`, "RolloutFailed", `[Ii]nsufficient cpu|no node`, "cpu"},
		{"quota", `namespace: broken-quota`, "RolloutFailed", `quota`, "quota"},
		{"job", `job: "99999"`, "RolloutFailed", `^(Job|Pod)/job`, "job"},
		{"probe", `ready: /missing`, "RolloutFailed", `Readiness probe failed: .*404` + late, "Readiness probe failed"},
		{"port", `target: "9999"`, "NotAnswering", `it answers 502` + late, "it answers 502"},
		{"endpoints", `selector: none`, "NotAnswering", `it answers 503` + late, "it answers 503"},
		{"backend", `backend: none`, "NotAnswering", `it answers 503` + late, "it answers 503"},
		{"path", `path: /elsewhere`, "NotAnswering", `it answers 404` + late, "it answers 404"},
		{"status", `status: "500"`, "NotAnswering", `it answers 500` + late, "it answers 500"},
		{"platform", `image: "REGISTRY/elsewhere:1"`, "RolloutFailed", `not made for the node's architecture`, "architecture"},
		{"later", `end: 10s`, "RolloutFailed", `container app crashes, restarted \d+ times: exit code 1`, "container app crashes"},
		{"metadata", `location: "http://169.254.169.254/"`, "NotAnswering", `it redirects to an address`, "it redirects to an address"},
		{"login", `location: "https://login.example.com/"`, "ReconciliationSucceeded", `^$`, ""},
		{"endless", `endless: "yes"`, "ReconciliationSucceeded", `^$`, ""},
		{"host", `host: runs`, "NotAnswering", `^it runs, and its URL is that of broken/runs: `, "its URL is that of broken/runs"},
	}
}

const brokenResources = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: << inputs.id >>, namespace: << get inputs "namespace" | default "broken" >>}
spec:
  selector: {matchLabels: {app: << inputs.id >>}}
  template:
    metadata: {labels: {app: << inputs.id >>}}
    spec:
      terminationGracePeriodSeconds: 0
      containers:
      - name: app
        image: << get inputs "image" | default "broken:1" >>
        imagePullPolicy: IfNotPresent
        << with get inputs "command" >>command: [<< . >>]<< end >>
        env:
        - {name: PORT, value: << get inputs "port" | default "8080" | quote >>}
        - {name: APP_START, value: << get inputs "start" | default "0s" | quote >>}
        - {name: APP_END, value: << get inputs "end" | default "0s" | quote >>}
        - {name: APP_LOCATION, value: << get inputs "location" | default "" | quote >>}
        - {name: APP_ENDLESS, value: << get inputs "endless" | default "" | quote >>}
        - {name: APP_STATUS, value: << get inputs "status" | default "200" | quote >>}
        << with get inputs "key" >>- {name: KEY, valueFrom: {configMapKeyRef: {name: kube-root-ca.crt, key: << . >>}}}<< end >>
        << with get inputs "secret" >>envFrom: [{secretRef: {name: << . >>}}]<< end >>
        << with get inputs "ready" >>readinessProbe: {httpGet: {path: << . >>, port: 8080}, periodSeconds: 1}<< end >>
        resources: {requests: {cpu: << get inputs "cpu" | default "1m" | quote >>}}
---
apiVersion: v1
kind: Service
metadata: {name: << inputs.id >>, namespace: << get inputs "namespace" | default "broken" >>}
spec:
  selector: {app: << get inputs "selector" | default inputs.id >>}
  ports: [{port: 80, targetPort: << get inputs "target" | default "8080" >>}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: << inputs.id >>, namespace: << get inputs "namespace" | default "broken" >>}
spec:
  rules:
  - host: << get inputs "host" | default inputs.id >>.broken.preview.test
    http: {paths: [{path: << get inputs "path" | default "/" >>, pathType: Prefix, backend: {service: {name: << get inputs "backend" | default inputs.id >>, port: {number: 80}}}}]}
<<- with get inputs "job" >>
---
apiVersion: batch/v1
kind: Job
metadata: {name: job, namespace: broken}
spec:
  backoffLimit: 0
  template:
    spec: {restartPolicy: Never, containers: [{name: migrate, image: "broken:1", imagePullPolicy: IfNotPresent, env: [{name: PORT, value: << . | quote >>}]}]}
<<- end >>
`

// The word that people trust most is true: each way to break a preview is told in the
// status, and get, wait and describe say the same.
func TestEachWayToBreakAPreviewIsToldInTheSameWords(t *testing.T) {
	if world.System.Node == nil || world.System.Ingress == nil {
		t.Skip("no pods run here: " + strings.Join(world.System.Missing, "; "))
	}
	must(t, world.Programs.Image(t.Context(), world.System.Dir, "docker.io/library/broken:1", "broken"))
	must(t, pushForAnother(t.Context(), world.System.Registry.Host))
	namespace(t, "broken")
	namespace(t, "broken-quota")
	must(t, world.Apply(t.Context(), `{apiVersion: v1, kind: ResourceQuota, metadata: {name: none, namespace: broken-quota}, spec: {hard: {pods: "0"}}}`))
	began := time.Now()
	must(t, world.Apply(t.Context(), brokenSet(t)))
	var group sync.WaitGroup
	for _, way := range waysToBreak() {
		group.Go(func() { t.Run(way.id, func(t *testing.T) { way.play(t, "broken", began) }) })
	}
	group.Wait()
	t.Cleanup(func() {
		set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: "broken", Name: "broken"}}
		if err := world.Kube.Delete(context.Background(), set); err != nil {
			t.Error(err)
		}
	})
}

// namespace makes one for a test.
func namespace(t *testing.T, name string) {
	t.Helper()
	must(t, client.IgnoreAlreadyExists(world.Kube.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})))
	t.Cleanup(func() {
		if err := world.Kube.Delete(context.Background(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			t.Error(err)
		}
	})
}

// pushForAnother pushes an image for a platform that the node is not.
func pushForAnother(ctx context.Context, registry string) error {
	if err := world.Programs.Image(ctx, world.System.Dir, registry+"/elsewhere:here", "elsewhere"); err != nil {
		return err
	}
	from, err := name.ParseReference(registry + "/elsewhere:here")
	if err != nil {
		return err
	}
	image, err := remote.Image(from, remote.WithContext(ctx))
	if err != nil {
		return err
	}
	index := mutate.AppendManifests(empty.Index, mutate.IndexAddendum{
		Add: image, Descriptor: ocispec.Descriptor{Platform: &ocispec.Platform{OS: "linux", Architecture: "s390x"}},
	})
	return remote.WriteIndex(from.Context().Tag("1"), index, remote.WithContext(ctx))
}

// brokenSet is the ResourceSet of all that break.
func brokenSet(t *testing.T) string {
	t.Helper()
	ingress, err := url.Parse(world.System.Ingress.URL)
	must(t, err)
	out := fmt.Sprintf(`
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: broken, namespace: broken}
spec:
  readiness: {within: 30s, probe: {connectTo: %q}}
  inputs:
`, ingress.Host)
	for _, way := range waysToBreak() {
		out += strings.ReplaceAll(fmt.Sprintf("  - {id: %s, sha: c0ffee, %s}\n", way.id, way.input), "REGISTRY", world.System.Registry.Host)
	}
	return out + "  resourcesTemplate: |" + strings.ReplaceAll(brokenResources, "\n", "\n    ")
}

// playIn is play for what begins now.
func (b broken) playIn(t *testing.T, namespace string) {
	t.Helper()
	b.play(t, namespace, time.Now())
}

// play waits for what is said of a preview in a set that is called broken, and looks at it
// from each side.
func (b broken) play(t *testing.T, namespace string, began time.Time) {
	t.Helper()
	wanted := regexp.MustCompile(b.message)
	line := v1.PreviewStatus{}
	expect(t, actors.Claim{
		What: fmt.Sprintf("%s is %s: %s", b.id, b.reason, b.message), Within: 3 * time.Minute,
		Check: func(ctx context.Context) error {
			set := &v1.ResourceSet{}
			if err := world.Kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: "broken"}, set); err != nil {
				return err
			}
			for _, line = range set.Status.Previews {
				if line.ID == b.id && line.Reason == b.reason && wanted.MatchString(line.Message) {
					return nil
				}
				if line.ID == b.id {
					return fmt.Errorf("it is %s %s: %s", line.Ready, line.Reason, line.Message)
				}
			}
			return fmt.Errorf("it is not there")
		},
	})
	took := time.Since(began).Round(time.Second)
	said, code := eddy(t.Context(), t, "wait", "preview", "broken/"+b.id, "-n", namespace, "--failed-for=0s", "--timeout=20s")
	listed, _ := eddy(t.Context(), t, "get", "preview", "broken/"+b.id, "-n", namespace)
	described, _ := eddy(t.Context(), t, "describe", "preview", "broken/"+b.id, "-n", namespace)
	wants := map[bool]int{true: 0, false: 1}[b.cause == ""]
	if code != wants {
		t.Errorf("wait exits with %d, want %d: %s", code, wants, said)
	}
	for what, text := range map[string]string{"wait": said, "get": listed, "describe": described} {
		if !strings.Contains(text, b.cause) {
			t.Errorf("%s does not say %q:\n%s", what, b.cause, text)
		}
	}
	t.Logf("| %s | %s | %s | %d | %s |", b.id, line.Reason, line.Message, code, took)
}

// A certificate of another host is no answer, and is said to be that.
func TestACertificateOfAnotherHostIsNoAnswer(t *testing.T) {
	elsewhere := httptest.NewTLSServer(nil)
	defer elsewhere.Close()
	must(t, world.Apply(t.Context(), fmt.Sprintf(`
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: tls, namespace: %s}
spec:
  readiness: {within: 1s, probe: {connectTo: %q}}
  inputs: [{id: "1", sha: c0ffee}]
  resources:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: tls, namespace: %s, annotations: {event.toolkit.fluxcd.io/preview-url: "https://tls.preview.test"}}
`, actors.Namespace, elsewhere.Listener.Addr(), actors.Namespace)))
	t.Cleanup(func() {
		set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: actors.Namespace, Name: "tls"}}
		if err := world.Kube.Delete(context.Background(), set); err != nil {
			t.Error(err)
		}
	})
	expect(t, actors.Claim{What: "it is NotAnswering", Within: 30 * time.Second, Check: func(ctx context.Context) error {
		set := &v1.ResourceSet{}
		if err := world.Kube.Get(ctx, client.ObjectKey{Namespace: actors.Namespace, Name: "tls"}, set); err != nil {
			return err
		}
		if previews := set.Status.Previews; len(previews) != 1 || previews[0].Reason != v1.ReasonNotAnswering || !strings.Contains(previews[0].Message, "its certificate is ") {
			return fmt.Errorf("the previews are %+v", previews)
		}
		return nil
	}})
	if said, code := eddy(t.Context(), t, "wait", "preview", "tls/1", "-n", actors.Namespace, "--failed-for=0s"); code != 1 || !strings.Contains(said, "its certificate is ") {
		t.Errorf("wait exits with %d: %s", code, said)
	}
}

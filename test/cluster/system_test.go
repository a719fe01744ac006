package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/test/cluster/internal/kube"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
	"github.com/eddy-previews/eddy/test/cluster/system"
)

// patience is for a machine that is busy with other work.
const patience = 2 * time.Minute

func TestSystemWithoutANodeServesKubernetesGiteaAndFlux(t *testing.T) {
	skipInShort(t)
	s := up(t, "--node", "off")
	if err := s.kube.Ready(t.Context()); err != nil {
		t.Errorf("the API server is not ready: %v", err)
	}
	if s.info.Node != nil || s.info.Ingress != nil {
		t.Errorf("there is a node or an ingress, and none was asked for: %+v", s.info)
	}
	if len(s.info.Missing) != 1 || !strings.HasPrefix(s.info.Missing[0], "node: ") {
		t.Errorf("the node is to be named as missing, but missing is %q", s.info.Missing)
	}
	var version struct{ Version string }
	s.gitea(t, question{method: http.MethodGet, path: "/version"}, &version)
	if version.Version == "" {
		t.Error("Gitea does not tell its version")
	}
	s.commit(t, "demo", "README.md", "hello")
	s.apply(t, gitRepositories, fmt.Sprintf(`
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata: {name: demo, namespace: default}
spec:
  interval: 10m
  url: %s/%s/demo.git
  ref: {branch: main}
`, s.info.Gitea.URL, s.info.Gitea.Username))
	s.await(t, "the GitRepository to be Ready", func(ctx context.Context) (bool, error) {
		object, err := s.kube.Dynamic.Resource(gitRepositories).Namespace("default").Get(ctx, "demo", metav1.GetOptions{})
		return err == nil && condition(object, "Ready") == "True", err
	})
	s.down(t)
}

func TestPodAnswersThroughTheIngress(t *testing.T) {
	skipInShort(t)
	s := up(t, "--node", "auto")
	if s.info.Node == nil {
		t.Skipf("this machine runs no pods: %s", strings.Join(s.info.Missing, " "))
	}
	const image, host = "registry.example.com/api:pr-7", "api-7.preview.example.com"
	command(t, s.program, "image", "--dir", s.info.Dir, "--ref", image, "--message", "change seven")
	s.applyDeployment(t, image)
	s.apply(t, schema.GroupVersionResource{Version: "v1", Resource: "services"}, `
apiVersion: v1
kind: Service
metadata: {name: api, namespace: default}
spec: {selector: {app: api}, ports: [{port: 80, targetPort: 8080}]}
`)
	ingresses := schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "ingresses"}
	s.apply(t, ingresses, `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: api, namespace: default}
spec:
  rules:
  - host: `+host+`
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: api, port: {number: 80}}}}]}
`)
	s.await(t, "the Deployment to be available", func(ctx context.Context) (bool, error) {
		d, err := s.kube.Typed.AppsV1().Deployments("default").Get(ctx, "api", metav1.GetOptions{})
		return err == nil && available(d), err
	})
	s.await(t, "the page through the ingress", func(ctx context.Context) (bool, error) {
		status, body, err := get(ctx, s.info.Ingress.URL+"/", host)
		return status == http.StatusOK && strings.Contains(body, "change seven"), err
	})
	status, body, err := get(t.Context(), s.info.Ingress.URL+"/", "other.preview.example.com")
	if err != nil || status != http.StatusNotFound || !strings.Contains(body, host) {
		t.Errorf("an unknown host is answered with %d %q (%v), want 404 and the hosts there are", status, body, err)
	}
	s.await(t, "the Ingress's status", func(ctx context.Context) (bool, error) {
		ingress, err := s.kube.Typed.NetworkingV1().Ingresses("default").Get(ctx, "api", metav1.GetOptions{})
		return err == nil && len(ingress.Status.LoadBalancer.Ingress) == 1, err
	})
	s.down(t)
}

func TestPodRunsAnImageThatIsPulledFromTheRegistry(t *testing.T) {
	skipInShort(t)
	s := up(t, "--node", "auto")
	if s.info.Node == nil {
		t.Skipf("this machine runs no pods: %s", strings.Join(s.info.Missing, " "))
	}
	ref := s.info.Registry.Host + "/api:pr-8"
	command(t, s.program, "image", "--dir", s.info.Dir, "--ref", ref)
	s.applyDeployment(t, ref+"\n        imagePullPolicy: Always")
	s.await(t, "the Deployment to be available", func(ctx context.Context) (bool, error) {
		d, err := s.kube.Typed.AppsV1().Deployments("default").Get(ctx, "api", metav1.GetOptions{})
		return err == nil && available(d), err
	})
	s.down(t)
}

func TestKilledSupervisorLeavesNoProcess(t *testing.T) {
	skipInShort(t)
	s := up(t, "--node", "auto", "--run", "extra=sleep 1000")
	raw, err := os.ReadFile(filepath.Join(s.info.Dir, "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	var state struct{ Supervisor int }
	if err := json.Unmarshal(raw, &state); err != nil {
		t.Fatal(err)
	}
	supervisor, err := os.FindProcess(state.Supervisor)
	if err != nil {
		t.Fatal(err)
	}
	if err := supervisor.Kill(); err != nil {
		t.Fatal(err)
	}
	s.await(t, "the kernel to end all processes", func(context.Context) (bool, error) {
		pids, err := supervise.Leftovers(s.info.Dir)
		return len(pids) == 0, err
	})
	s.down(t)
}

var gitRepositories = schema.GroupVersionResource{Group: "source.toolkit.fluxcd.io", Version: "v1", Resource: "gitrepositories"}

// testSystem is a system that a test has started.
type testSystem struct {
	program string
	info    *system.Info
	kube    *kube.Client
}

func skipInShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("starts a whole system; run without -short")
	}
}

// up builds the program and starts a system with it, which goes with the test.
func up(t *testing.T, args ...string) *testSystem {
	t.Helper()
	program := filepath.Join(t.TempDir(), "cluster")
	command(t, "go", "build", "-o", program, ".")
	dir := filepath.Join(t.TempDir(), "system")
	t.Cleanup(func() { command(t, program, "down", "--dir", dir) })
	command(t, program, append([]string{"up", "--detach", "--dir", dir}, args...)...)
	info, err := system.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	client, err := kube.Open(info.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	return &testSystem{program: program, info: info, kube: client}
}

// down ends the system and looks for what it may have left behind.
func (s *testSystem) down(t *testing.T) {
	t.Helper()
	command(t, s.program, "down", "--dir", s.info.Dir)
	if pids, err := supervise.Leftovers(s.info.Dir); err != nil || len(pids) > 0 {
		t.Errorf("processes %v are left (%v)", pids, err)
	}
	if _, err := os.Stat(s.info.Dir); !os.IsNotExist(err) {
		t.Errorf("the folder is left: %v", err)
	}
	mounts, err := os.ReadFile("/proc/mounts")
	if err != nil || strings.Contains(string(mounts), s.info.Dir) {
		t.Errorf("a mount is left (%v):\n%s", err, mounts)
	}
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	// Not the test's context, which ends before its cleanups run.
	out, err := exec.CommandContext(context.Background(), name, args...).CombinedOutput() //nolint:usetesting // see above
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", filepath.Base(name), strings.Join(args, " "), err, out)
	}
}

func (s *testSystem) await(t *testing.T, what string, done func(context.Context) (bool, error)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		ok, err := done(ctx)
		if ok {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("waiting for %s: %v (last error: %v)", what, ctx.Err(), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// question is what Gitea is asked.
type question struct {
	method, path string
	body         any
}

// gitea asks Gitea's API as its administrator.
func (s *testSystem) gitea(t *testing.T, q question, answer any) {
	t.Helper()
	raw, err := json.Marshal(q.body)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), q.method, s.info.Gitea.URL+"/api/v1"+q.path, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "token "+s.info.Gitea.Token)
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }() // only read
	content, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s %s: %s %s (%v)", q.method, q.path, response.Status, content, err)
	}
	if err := json.Unmarshal(content, answer); err != nil {
		t.Fatal(err)
	}
}

// commit makes a repository with one file on the branch main.
func (s *testSystem) commit(t *testing.T, repository, file, content string) {
	t.Helper()
	var ignored map[string]any
	s.gitea(t, question{http.MethodPost, "/user/repos", map[string]any{"name": repository}}, &ignored)
	s.gitea(t, question{http.MethodPost, fmt.Sprintf("/repos/%s/%s/contents/%s", s.info.Gitea.Username, repository, file), map[string]any{
		"content": base64.StdEncoding.EncodeToString([]byte(content)), "branch": "main", "message": "first",
	}}, &ignored)
}

func (s *testSystem) apply(t *testing.T, resource schema.GroupVersionResource, manifest string) {
	t.Helper()
	object := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(manifest), &object.Object); err != nil {
		t.Fatal(err)
	}
	options := metav1.ApplyOptions{FieldManager: "test"}
	if _, err := s.kube.Dynamic.Resource(resource).Namespace("default").Apply(t.Context(), object.GetName(), object, options); err != nil {
		t.Fatal(err)
	}
}

func (s *testSystem) applyDeployment(t *testing.T, image string) {
	t.Helper()
	s.apply(t, appsv1.SchemeGroupVersion.WithResource("deployments"), `
apiVersion: apps/v1
kind: Deployment
metadata: {name: api, namespace: default}
spec:
  selector: {matchLabels: {app: api}}
  template:
    metadata: {labels: {app: api}}
    spec:
      containers:
      - name: api
        image: `+image+`
        readinessProbe: {httpGet: {path: /healthz, port: 8080}, periodSeconds: 1}
`)
}

func available(d *appsv1.Deployment) bool {
	return d.Status.ObservedGeneration == d.Generation && d.Status.AvailableReplicas == 1
}

func condition(object *unstructured.Unstructured, kind string) string {
	conditions, _, err := unstructured.NestedSlice(object.Object, "status", "conditions")
	if err != nil {
		return ""
	}
	for _, each := range conditions {
		if c, ok := each.(map[string]any); ok && c["type"] == kind {
			status, _ := c["status"].(string)
			return status
		}
	}
	return ""
}

func get(ctx context.Context, url, host string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }() // only read
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

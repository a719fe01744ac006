package install_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/spf13/pflag"
	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/operator"
	"github.com/eddy-previews/eddy/test/rig"
)

const objects = `
apiVersion: v1
kind: Secret
metadata: {name: login}
stringData: {token: t}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: values}
spec:
  type: Static
  defaultValues: {env: dev}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: service}
spec:
  type: ExternalService
  url: $URL
  insecure: true
  secretRef: {name: login}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: artifacts}
spec:
  type: ExternalArtifact
  selectors: [{matchLabels: {a: b}}]
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  dependsOn: [{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, name: values, namespace: $NAMESPACE, ready: true}]
  inputsFrom: [{kind: ResourceSetInputProvider, name: values}, {kind: ResourceSetInputProvider, name: service}]
  resources:
  - apiVersion: kustomize.toolkit.fluxcd.io/v1
    kind: Kustomization
    metadata: {name: app-<< inputs.id >>, namespace: << inputs.provider.namespace >>}
    spec: {interval: 10m, prune: true, sourceRef: {kind: GitRepository, name: fleet}}
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: app-<< inputs.id >>, namespace: << inputs.provider.namespace >>}
    data: {env: << inputs.env >>}
`

func TestTheOperatorNeedsNoMoreThanTheChartGrants(t *testing.T) {
	for name, values := range map[string]string{
		"in the whole cluster":   "{previews: {namespaces: [$NAMESPACE]}}",
		"in one namespace alone": "{previews: {namespaces: [$NAMESPACE]}, operator: {watchNamespaces: [$NAMESPACE]}}",
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			namespace := server.Namespace(t)
			values = strings.ReplaceAll(values, "$NAMESPACE", namespace)
			installed, _ := b.install(namespace, values)
			refusals, _ := runAs(t, namespace, installed)
			t.Cleanup(func() { tearDown(t, namespace) })
			apply(t, namespace, objects)

			g := gomega.NewWithT(t)
			g.SetDefaultEventuallyTimeout(15 * time.Second)
			kustomization := &unstructured.Unstructured{}
			kustomization.SetAPIVersion("kustomize.toolkit.fluxcd.io/v1")
			kustomization.SetKind("Kustomization")
			read := func() error {
				return server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: "app-one"}, kustomization)
			}
			g.Eventually(read).Should(gomega.Succeed())
			g.Eventually(func() []string { return unready(t, namespace) }).Should(gomega.BeEmpty())
			was := kustomization.GetUID()
			g.Expect(server.Client.Delete(context.Background(), kustomization)).To(gomega.Succeed())
			g.Eventually(func() bool { return read() == nil && kustomization.GetUID() != was }).Should(gomega.BeTrue())
			g.Expect(refusals()).To(gomega.BeEmpty())
		})
	}
}

func TestASecondReplicaTakesOverWhenTheFirstOneLeaves(t *testing.T) {
	b := newBench(t)
	namespace := server.Namespace(t)
	installed, _ := b.install(namespace, "{previews: {namespaces: ["+namespace+"]}, operator: {watchNamespaces: ["+namespace+"]}}")
	g := gomega.NewWithT(t)
	holder := func() string {
		lease := &coordinationv1.Lease{}
		_ = server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: "eddy"}, lease) // or nobody has it yet
		return ptr.Deref(lease.Spec.HolderIdentity, "")
	}
	_, stop := runAs(t, namespace, installed)
	g.Eventually(holder, 10*time.Second).ShouldNot(gomega.BeEmpty())
	first := holder()
	_, _ = runAs(t, namespace, installed)
	t.Cleanup(func() { tearDown(t, namespace) })
	stop()
	apply(t, namespace, objects)
	g.Eventually(func() []string { return unready(t, namespace) }, 15*time.Second).Should(gomega.BeEmpty())
	g.Expect(holder()).NotTo(gomega.Or(gomega.BeEmpty(), gomega.Equal(first)))
}

func TestTheOperatorMayActAsNobodyButTheAccountsItIsToldOf(t *testing.T) {
	b := newBench(t)
	namespace := server.Namespace(t)
	b.install(namespace, "{previews: {namespaces: ["+namespace+"]}, rbac: {accounts: [other]}}")
	config := as(t, namespace, "eddy")
	for account, allowed := range map[string]bool{"previews": true, "other": true, "default": false, "kustomize-controller": false} {
		acting := rest.CopyConfig(config)
		acting.Impersonate.UserName = "system:serviceaccount:" + namespace + ":" + account
		impersonated, err := client.New(acting, client.Options{Scheme: server.Client.Scheme(), Mapper: server.Client.RESTMapper()})
		if err != nil {
			t.Fatal(err)
		}
		err = impersonated.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: "none"}, &corev1.ConfigMap{})
		if refused := err != nil && strings.Contains(err.Error(), "cannot impersonate"); refused == allowed {
			t.Errorf("acting as %s: %v", account, err)
		}
	}
	own, err := client.New(config, client.Options{Scheme: server.Client.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	one := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "own", Namespace: namespace}}
	if err := own.Create(context.Background(), one); !apierrors.IsForbidden(err) {
		t.Errorf("as itself, it may create a ConfigMap: %v", err)
	}
}

// runAs runs the operator with the arguments and as the account that were
// installed, until it is stopped or the test ends. It returns what the API server
// has refused.
func runAs(t *testing.T, namespace string, installed []*unstructured.Unstructured) (refusals func() []string, stop func()) {
	t.Helper()
	var options operator.Options
	flags := pflag.NewFlagSet("operator", pflag.ContinueOnError)
	options.BindFlags(flags)
	args := slices.Concat(arguments(installed)[1:], []string{"--metrics-addr=0", "--health-addr=0", "--requeue-dependency=100ms", "--min-interval=0", "--provider-networks=loopback"})
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	options.Namespace = namespace
	var mu sync.Mutex
	var refused []string
	config := as(t, namespace, "eddy")
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(request *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(request)
			if err == nil && response.StatusCode == http.StatusForbidden {
				mu.Lock()
				defer mu.Unlock()
				refused = append(refused, request.Method+" "+request.URL.Path+" as "+request.Header.Get("Impersonate-User"))
			}
			return response, err
		})
	})
	ctrl.SetLogger(zap.New(zap.WriteTo(t.Output())))
	manager, err := operator.New(config, options)
	if err != nil {
		t.Fatal(err)
	}
	stop = rig.Manage(t, manager)
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(refused)
	}, stop
}

type roundTripper func(*http.Request) (*http.Response, error)

func (r roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return r(request) }

// as returns how a service account reaches the API server.
func as(t *testing.T, namespace, account string) *rest.Config {
	t.Helper()
	token := &authenticationv1.TokenRequest{}
	object := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: account, Namespace: namespace}}
	if err := server.Client.SubResource("token").Create(context.Background(), object, token); err != nil {
		t.Fatal(err)
	}
	config := rest.AnonymousClientConfig(server.Config)
	config.BearerToken = token.Status.Token
	config.QPS = -1
	return config
}

// arguments are those of the container that was installed.
func arguments(installed []*unstructured.Unstructured) []string {
	for _, object := range installed {
		if object.GetKind() == "Deployment" {
			containers, _, _ := unstructured.NestedSlice(object.Object, "spec", "template", "spec", "containers")
			args, _, _ := unstructured.NestedStringSlice(containers[0].(map[string]any), "args")
			return args
		}
	}
	return nil
}

// apply creates the objects, and the service that one of them watches.
func apply(t *testing.T, namespace, manifests string) {
	t.Helper()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"inputs": [{"id": "one", "env": "dev"}]}`)) // a client that went away is no news
	}))
	t.Cleanup(service.Close)
	manifests = strings.NewReplacer("$URL", service.URL, "$NAMESPACE", namespace).Replace(manifests)
	for _, document := range strings.Split(manifests, "\n---\n") {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), object); err != nil {
			t.Fatal(err)
		}
		object.SetNamespace(namespace)
		if err := server.Client.Create(context.Background(), object); err != nil {
			t.Fatal(err)
		}
	}
}

// unready are the objects of Eddy's kinds that are not ready, and why.
func unready(t *testing.T, namespace string) []string {
	t.Helper()
	var out []string
	var sets v1.ResourceSetList
	var providers v1.ResourceSetInputProviderList
	for _, list := range []client.ObjectList{&sets, &providers} {
		if err := server.Client.List(context.Background(), list, client.InNamespace(namespace)); err != nil {
			t.Fatal(err)
		}
	}
	add := func(name string, conditions []metav1.Condition) {
		for _, condition := range conditions {
			if condition.Type == "Ready" && condition.Status == metav1.ConditionTrue {
				return
			}
			name += ": " + condition.Message
		}
		out = append(out, name)
	}
	for _, set := range sets.Items {
		add(set.Name, set.Status.Conditions)
	}
	for _, provider := range providers.Items {
		add(provider.Name, provider.Status.Conditions)
	}
	return out
}

// tearDown lets the operator delete what it made, under the same rights.
func tearDown(t *testing.T, namespace string) {
	t.Helper()
	ctx := context.Background()
	for _, object := range []client.Object{&v1.ResourceSet{}, &v1.ResourceSetInputProvider{}} {
		if err := server.Client.DeleteAllOf(ctx, object, client.InNamespace(namespace)); err != nil {
			t.Error(err)
		}
	}
	var sets v1.ResourceSetList
	gomega.NewWithT(t).Eventually(func() int {
		if err := server.Client.List(ctx, &sets, client.InNamespace(namespace)); err != nil {
			return -1
		}
		return len(sets.Items)
	}, 10*time.Second).Should(gomega.BeZero())
}

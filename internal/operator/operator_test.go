package operator_test

import (
	"context"
	"io"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/operator"
	"github.com/eddy-previews/eddy/test/apiserver"
	"github.com/eddy-previews/eddy/test/rig"
)

var server *apiserver.Server

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }

// start runs the operator until the test ends.
func start(t *testing.T, args ...string) {
	t.Helper()
	startOn(t, rest.CopyConfig(server.Config), args...)
}

// testLog writes to the log of a test until it ends: a manager that has ended
// says so a moment later.
type testLog struct {
	mu  sync.Mutex
	out io.Writer
}

func (l *testLog) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.out == nil {
		return len(text), nil
	}
	return l.out.Write(text)
}

func (l *testLog) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out = nil
}

// startOn runs the operator against a cluster until the test ends.
func startOn(t *testing.T, cluster *rest.Config, args ...string) (stop func()) {
	t.Helper()
	var options operator.Options
	flags := pflag.NewFlagSet("operator", pflag.ContinueOnError)
	options.BindFlags(flags)
	args = append([]string{"--enable-leader-election=false", "--metrics-addr=0", "--health-addr=0", "--requeue-dependency=100ms", "--min-interval=0", "--provider-networks=loopback"}, args...)
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	log := &testLog{out: t.Output()}
	t.Cleanup(log.close)
	ctrl.SetLogger(zap.New(zap.WriteTo(log)))
	manager, err := operator.New(cluster, options)
	if err != nil {
		t.Fatal(err)
	}
	return rig.Manage(t, manager)
}

// change edits an object, whatever the operator has written to it since it was read.
func change(t *testing.T, object client.Object, edit func()) {
	t.Helper()
	base := object.DeepCopyObject().(client.Object)
	edit()
	if err := server.Client.Patch(context.Background(), object, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
}

// changeStatus edits the status of one in the same way.
func changeStatus(t *testing.T, object client.Object, edit func()) {
	t.Helper()
	base := object.DeepCopyObject().(client.Object)
	edit()
	if err := server.Client.Status().Patch(context.Background(), object, client.MergeFrom(base)); err != nil {
		t.Fatal(err)
	}
}

const set = `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews}
spec:
  inputsFrom: [{kind: ResourceSetInputProvider, name: values}]
  resources:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: app, namespace: << inputs.provider.namespace >>}
    data: {env: << inputs.env >>}
`

func TestTheTwoKindsWorkTogetherAndDriftIsRepairedByItself(t *testing.T) {
	namespace, other := server.Namespace(t), server.Namespace(t)
	start(t, "--watch-namespaces="+namespace)
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(10 * time.Second)
	for _, in := range []string{namespace, other} {
		create(t, in)
	}

	app := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "app", Namespace: namespace}}
	env := func() string {
		if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(app), app); err != nil {
			return err.Error()
		}
		return app.Data["env"]
	}
	g.Eventually(env).Should(gomega.Equal("dev"))

	t.Run("what is deleted by hand comes back", func(t *testing.T) {
		g := gomega.NewWithT(t)
		was := app.UID
		g.Expect(server.Client.Delete(context.Background(), app)).To(gomega.Succeed())
		g.Eventually(func() bool { return env() == "dev" && app.UID != was }, 10*time.Second).Should(gomega.BeTrue())
	})
	t.Run("what is edited by hand is put right", func(t *testing.T) {
		g := gomega.NewWithT(t)
		change(t, app, func() { app.Data["env"] = "edited" })
		g.Eventually(env, 10*time.Second).Should(gomega.Equal("dev"))
	})
	t.Run("other namespaces are left alone", func(t *testing.T) {
		err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: other, Name: "app"}, &corev1.ConfigMap{})
		if !apierrors.IsNotFound(err) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a deleted set takes all with it", func(t *testing.T) {
		g := gomega.NewWithT(t)
		set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "previews", Namespace: namespace}}
		g.Expect(server.Client.Delete(context.Background(), set)).To(gomega.Succeed())
		g.Eventually(env, 10*time.Second).Should(gomega.ContainSubstring("not found"))
	})
}

func TestWhatALabelledSecretHoldsIsCopiedAtOnceWhenItChanges(t *testing.T) {
	namespace := server.Namespace(t)
	start(t, "--watch-namespaces="+namespace)
	g := gomega.NewWithT(t)
	shared := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "shared", Namespace: namespace, Labels: map[string]string{v1.WatchLabel: "Enabled"}},
		StringData: map[string]string{"token": "one"},
	}
	copies := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "copies", Namespace: namespace}}
	copies.Spec.ResourcesTemplate = "{apiVersion: v1, kind: Secret, metadata: {name: copy, namespace: " + namespace +
		", annotations: {fluxcd.controlplane.io/copyFrom: " + namespace + "/shared}}}"
	g.Expect(server.Client.Create(context.Background(), copies)).To(gomega.Succeed())
	token := func() string {
		found := &corev1.Secret{}
		_ = server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: "copy"}, found) // or it has no token yet
		return string(found.Data["token"])
	}
	g.Expect(server.Client.Create(context.Background(), shared)).To(gomega.Succeed())
	g.Eventually(token, 10*time.Second).Should(gomega.Equal("one"))
	change(t, shared, func() { shared.StringData = map[string]string{"token": "two"} })
	g.Eventually(token, 10*time.Second).Should(gomega.Equal("two"))
}

// create makes a static provider and the set that uses it.
func create(t *testing.T, namespace string) {
	t.Helper()
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: "values"}}
	provider.Spec.Type = v1.InputProviderStatic
	if err := yaml.Unmarshal([]byte("{env: dev}"), &provider.Spec.DefaultValues); err != nil {
		t.Fatal(err)
	}
	previews := &v1.ResourceSet{}
	if err := yaml.UnmarshalStrict([]byte(set), previews); err != nil {
		t.Fatal(err)
	}
	for _, object := range []client.Object{previews, provider} {
		object.SetNamespace(namespace)
		if err := server.Client.Create(context.Background(), object); err != nil {
			t.Fatal(err)
		}
	}
}

package check_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	fluxmeta "github.com/fluxcd/pkg/apis/meta"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/check"
	"github.com/eddy-previews/eddy/internal/install"
	"github.com/eddy-previews/eddy/test/apiserver"
	"github.com/eddy-previews/eddy/test/forge"
)

var server *apiserver.Server

// now is when clusters are checked.
var now = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)

func TestMain(m *testing.M) { os.Exit(apiserver.Main(m, &server)) }

// TestWhatIsAmissIsNamedWithWhatToDo follows one cluster from empty to whole,
// and on to what goes wrong in it then.
func TestWhatIsAmissIsNamedWithWhatToDo(t *testing.T) {
	namespace := server.Namespace(t)
	withoutAnything(t, namespace)
	withFlux(t, namespace)
	withTheOperator(t, namespace)
	withAccounts(t, namespace)
	withAnotherOperator(t, namespace)
	withFeedback(t, namespace)
}

func withFeedback(t *testing.T, namespace string) {
	t.Run("a token that may not comment", func(t *testing.T) {
		provider := &v1.ResourceSetInputProvider{
			ObjectMeta: metav1.ObjectMeta{Name: "told", Namespace: namespace},
			Spec:       v1.ResourceSetInputProviderSpec{Type: v1.InputProviderGitHubPullRequest, URL: "https://github.com/acme/api", Feedback: &v1.Feedback{}},
		}
		create(t, provider)
		condition := metav1.Condition{Type: v1.FeedbackReadyCondition, Status: metav1.ConditionFalse, Reason: "ForgeRefused", Message: "it needs Pull requests: Read and write", LastTransitionTime: metav1.Now()}
		for _, c := range []struct {
			is    metav1.ConditionStatus
			state check.State
			says  string
		}{
			{metav1.ConditionFalse, check.Warning, "told are not told: it needs Pull requests: Read and write"},
			{metav1.ConditionTrue, check.OK, "the requests of 1 providers are told"},
		} {
			condition.Status = c.is
			provider.Status.Conditions = []metav1.Condition{condition}
			if err := server.Client.Status().Update(context.Background(), provider); err != nil {
				t.Fatal(err)
			}
			expect(t, installation(t, namespace), c.state, c.says)
		}
	})
}

func TestATokenThatTellsRequestsIsTriedWithARead(t *testing.T) {
	namespace, f := server.Namespace(t), forge.NewGitea(t)
	f.Open(forge.Request{})
	create(t, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "write", Namespace: namespace}, StringData: map[string]string{"username": "flux", "password": forge.Token}})
	provider := &v1.ResourceSetInputProvider{
		ObjectMeta: metav1.ObjectMeta{Name: "tried", Namespace: namespace},
		Spec:       v1.ResourceSetInputProviderSpec{Type: f.Type, URL: f.URL, Feedback: &v1.Feedback{SecretRef: &fluxmeta.LocalObjectReference{Name: "write"}}},
	}
	create(t, provider)
	provider.Status.ExportedInputs = []v1.ResourceSetInput{{"id": {Raw: []byte(`"1"`)}}}
	provider.Status.Conditions = []metav1.Condition{{Type: v1.FeedbackReadyCondition, Status: metav1.ConditionTrue, Reason: "RequestsTold", LastTransitionTime: metav1.Now()}}
	if err := server.Client.Status().Update(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
	expect(t, installation(t, namespace), check.OK, "what becomes of their previews; from here the tokens of 1 were tried")
	f.Break(forge.Status(http.StatusForbidden))
	expect(t, installation(t, namespace), check.Warning, "the token of "+namespace+"/tried may not read the comments that it is to write: ")
	f.Break(forge.Status(http.StatusBadGateway)) // which says nothing of the token
	expect(t, installation(t, namespace), check.OK, "from here the tokens of 0 were tried")
	if err := server.Client.Delete(context.Background(), provider); err != nil {
		t.Fatal(err)
	}
}

func withoutAnything(t *testing.T, namespace string) {
	t.Run("an empty cluster", func(t *testing.T) {
		results := prerequisites(t, server.Config, namespace)
		expect(t, results, check.OK, "Kubernetes v1.")
		expect(t, results, check.Failed, "source-controller does not run")
		expect(t, results, check.Failed, "kustomize-controller does not run")
		expect(t, results, check.OK, "you may install into namespace "+namespace)
		expect(t, results, check.Warning, "no ingress class")
		expect(t, results, check.OK, "no other operator")
	})
	t.Run("without the operator", func(t *testing.T) {
		expect(t, installation(t, namespace), check.Failed, "the operator is not installed")
	})
	t.Run("controllers outside of the cluster", func(t *testing.T) { whoLeadsRuns(t, namespace) })
}

// whoLeadsRuns holds for controllers that have no Deployment, and a lease.
func whoLeadsRuns(t *testing.T, namespace string) {
	renewed, seconds := metav1.NewMicroTime(now.Add(-10*time.Second)), int32(15)
	operator := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: "eddy-operator", Namespace: namespace}}
	operator.Spec = coordinationv1.LeaseSpec{HolderIdentity: new("host_1"), RenewTime: &renewed, LeaseDurationSeconds: &seconds}
	source := operator.DeepCopy()
	source.Name = "source-controller-leader-election"
	create(t, operator)
	create(t, source)
	results := installation(t, namespace)
	expect(t, results, check.OK, "the operator runs without a Deployment, as host_1: it renewed its lease "+namespace+"/eddy-operator 10s ago")
	expect(t, results, check.OK, "source-controller runs without a Deployment, as host_1")
	expect(t, results, check.Failed, "kustomize-controller does not run")

	for name, change := range map[string]func(*coordinationv1.LeaseSpec){
		"one that is not renewed any more": func(spec *coordinationv1.LeaseSpec) {
			before := metav1.NewMicroTime(now.Add(-5 * time.Minute))
			spec.RenewTime = &before
		},
		"one that was given back": func(spec *coordinationv1.LeaseSpec) { spec.RenewTime, spec.HolderIdentity = &renewed, new("") },
	} {
		t.Run(name, func(t *testing.T) {
			change(&operator.Spec)
			if err := server.Client.Update(t.Context(), operator); err != nil {
				t.Fatal(err)
			}
			expect(t, installation(t, namespace), check.Failed, "the operator is not installed")
		})
	}
	for _, lease := range []*coordinationv1.Lease{operator, source} {
		if err := server.Client.Delete(t.Context(), lease); err != nil {
			t.Fatal(err)
		}
	}
}

func withFlux(t *testing.T, namespace string) {
	flux := map[string]string{"app.kubernetes.io/part-of": "flux"}
	available(t, deploy(t, namespace, "source-controller", flux))
	broken := deploy(t, namespace, "kustomize-controller", flux)
	create(t, &networkingv1.IngressClass{ObjectMeta: metav1.ObjectMeta{Name: "nginx"}, Spec: networkingv1.IngressClassSpec{Controller: "example.com/nginx"}})
	t.Run("Flux that does not start", func(t *testing.T) {
		results := prerequisites(t, server.Config, namespace)
		expect(t, results, check.OK, "source-controller v1.2.3: 1 of 1 replicas are ready")
		expect(t, results, check.Failed, "kustomize-controller v1.2.3 has no replica that is ready")
		expect(t, results, check.OK, "ingress class nginx")
	})
	available(t, broken)
}

func withTheOperator(t *testing.T, namespace string) {
	installer := &install.Installer{Client: server.Client, Tell: func(string, ...any) {}}
	if _, err := installer.Install(t.Context(), install.Plan{Namespace: namespace}); err != nil {
		t.Fatal(err)
	}
	operator := &appsv1.Deployment{}
	if err := server.Client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: install.Release}, operator); err != nil {
		t.Fatal(err)
	}
	available(t, operator)
	t.Run("an operator of which half is there", func(t *testing.T) {
		expect(t, installation(t, namespace), check.Warning, "1 of 2 replicas are ready, in namespace "+namespace)
	})
	t.Run("an image that cannot be pulled", func(t *testing.T) {
		pod := waitingFor(t, operator, "ImagePullBackOff")
		expect(t, installation(t, namespace), check.Failed, "its image registry.example.com/eddy:v9 cannot be pulled (ImagePullBackOff: not found), in namespace "+namespace)
		if err := server.Client.Delete(t.Context(), pod, client.GracePeriodSeconds(0)); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("an operator that crashes", func(t *testing.T) {
		pod := crashing(t, operator)
		expect(t, installation(t, namespace), check.Warning, "1 of 2 replicas are ready: container operator crashes, restarted 7 times: exit code 2, in namespace "+namespace)
		fixed(t, installation(t, namespace), "`kubectl -n "+namespace+" logs "+pod.Name+" --previous` has its last words")
		operator.Status.AvailableReplicas, operator.Status.ReadyReplicas = 0, 0
		if err := server.Client.Status().Update(t.Context(), operator); err != nil {
			t.Fatal(err)
		}
		expect(t, installation(t, namespace), check.Failed, "has no replica that is ready: container operator crashes, restarted 7 times: exit code 2")
		available(t, operator)
		if err := server.Client.Delete(t.Context(), pod, client.GracePeriodSeconds(0)); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("all that is else is well", func(t *testing.T) {
		for _, result := range installation(t, namespace) {
			if result.State == check.Failed {
				t.Error(result)
			}
		}
		expect(t, installation(t, namespace), check.OK, "resourcesets.fluxcd.controlplane.io is up to date")
	})
	t.Run("a definition of another version", func(t *testing.T) {
		edit(t, "resourcesets."+v1.Group)
		expect(t, installation(t, namespace), check.Warning, "resourcesets.fluxcd.controlplane.io is that of another version")
	})
}

func withAccounts(t *testing.T, namespace string) {
	t.Run("accounts that ResourceSets are applied as", func(t *testing.T) {
		set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "set", Namespace: namespace}}
		set.Spec.ResourcesTemplate = "{}"
		create(t, set)
		expect(t, installation(t, namespace), check.Failed, `ResourceSet `+namespace+`/set is applied as the account "previews", which is not in its namespace`)
		create(t, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "previews", Namespace: namespace}})
		expect(t, installation(t, namespace), check.OK, "ResourceSets are applied as: 1")

		set.Spec.ServiceAccountName = "strong"
		if err := server.Client.Update(context.Background(), set); err != nil {
			t.Fatal(err)
		}
		create(t, &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "strong", Namespace: namespace}})
		expect(t, installation(t, namespace), check.Failed, `the account "strong", and the operator may not act as it`)
	})
}

func withAnotherOperator(t *testing.T, namespace string) {
	t.Run("a Flux Operator", func(t *testing.T) {
		available(t, deploy(t, namespace, "flux-operator", map[string]string{"app.kubernetes.io/name": "flux-operator"}))
		expect(t, prerequisites(t, server.Config, namespace), check.Failed, "flux-operator runs in namespace "+namespace)
		expect(t, installation(t, namespace), check.Failed, "flux-operator runs in namespace "+namespace)
	})
	t.Run("objects that another operator has written", func(t *testing.T) {
		set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "theirs", Namespace: namespace}}
		set.Spec.ResourcesTemplate = "{}"
		create(t, set)
		set.Status.LastAppliedRevision = "sha256:1"
		if err := server.Client.Status().Update(context.Background(), set, client.FieldOwner("flux-operator")); err != nil {
			t.Fatal(err)
		}
		expect(t, installation(t, namespace), check.Warning, "ResourceSet/"+namespace+"/theirs")
	})
}

func TestSomebodyWithoutPermissionsIsToldWhichAreMissing(t *testing.T) {
	server.Require(t)
	create(t, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "reader"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects:   []rbacv1.Subject{{Kind: "User", Name: "reader"}},
	})
	config := rest.CopyConfig(server.Config)
	config.Impersonate = rest.ImpersonationConfig{UserName: "reader", Groups: []string{"system:authenticated"}}
	expect(t, prerequisites(t, config, "default"), check.Failed, "you may not write customresourcedefinitions, clusterroles")
}

func prerequisites(t *testing.T, config *rest.Config, namespace string) []check.Result {
	t.Helper()
	return check.Prerequisites(context.Background(), target(t, config, namespace))
}

func installation(t *testing.T, namespace string) []check.Result {
	t.Helper()
	return check.Installation(context.Background(), target(t, server.Config, namespace))
}

func target(t *testing.T, config *rest.Config, namespace string) *check.Cluster {
	t.Helper()
	server.Require(t)
	version, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	direct, err := client.New(config, client.Options{Scheme: server.Client.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	return &check.Cluster{Client: direct, Discovery: version, Namespace: namespace, Now: now}
}

// expect looks for a result; what is not well tells what to do.
func expect(t *testing.T, results []check.Result, state check.State, message string) {
	t.Helper()
	var all []string
	for _, result := range results {
		if result.State == state && strings.Contains(result.Message, message) {
			if (state == check.OK) != (result.Fix == "") {
				t.Errorf("%v tells to do %q", result, result.Fix)
			}
			return
		}
		all = append(all, fmt.Sprint(result))
	}
	t.Errorf("%s %q is not among\n%s", state, message, strings.Join(all, "\n"))
}

func deploy(t *testing.T, namespace, name string, labels map[string]string) *appsv1.Deployment {
	t.Helper()
	out := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: labels}}
	out.Spec.Selector = &metav1.LabelSelector{MatchLabels: map[string]string{"a": name}}
	out.Spec.Template.Labels = out.Spec.Selector.MatchLabels
	out.Spec.Template.Spec.Containers = []corev1.Container{{Name: "c", Image: "registry.example.com:5000/" + name + ":v1.2.3"}}
	create(t, out)
	return out
}

// waitingFor has a pod of a Deployment wait, as a kubelet would tell.
func waitingFor(t *testing.T, deployment *appsv1.Deployment, reason string) *corev1.Pod {
	t.Helper()
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: deployment.Name + "-x", Namespace: deployment.Namespace, Labels: deployment.Spec.Selector.MatchLabels,
	}}
	pod.Spec.Containers = []corev1.Container{{Name: "operator", Image: "registry.example.com/eddy:v9"}}
	create(t, pod)
	waits := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: "not found"}}
	pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "operator", Image: "registry.example.com/eddy:v9", State: waits}}
	if err := server.Client.Status().Update(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

// crashing is a pod of the operator as a kubelet tells of one whose program ends each
// time that it is started.
func crashing(t *testing.T, operator *appsv1.Deployment) *corev1.Pod {
	t.Helper()
	pod := waitingFor(t, operator, "CrashLoopBackOff")
	status := &pod.Status.ContainerStatuses[0]
	status.RestartCount = 7
	status.State.Waiting.Message = "back-off 5m0s restarting failed container=operator"
	status.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{ExitCode: 2, Reason: "Error", FinishedAt: metav1.Now(), StartedAt: metav1.Now(), ContainerID: "containerd://1"}
	if err := server.Client.Status().Update(t.Context(), pod); err != nil {
		t.Fatal(err)
	}
	return pod
}

// fixed expects that one of the results says what to do.
func fixed(t *testing.T, results []check.Result, fix string) {
	t.Helper()
	if !slices.ContainsFunc(results, func(r check.Result) bool { return r.Fix == fix }) {
		t.Errorf("nobody says %q: %+v", fix, results)
	}
}

// available says what nobody else says here: that the one replica is ready.
func available(t *testing.T, deployment *appsv1.Deployment) {
	t.Helper()
	deployment.Status = appsv1.DeploymentStatus{ObservedGeneration: deployment.Generation, Replicas: 1, ReadyReplicas: 1, AvailableReplicas: 1}
	if err := server.Client.Status().Update(context.Background(), deployment); err != nil {
		t.Fatal(err)
	}
}

// edit takes a printer column out of a definition.
func edit(t *testing.T, name string) {
	t.Helper()
	scheme := server.Client.Scheme()
	if err := apiextensionsv1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	crd := &apiextensionsv1.CustomResourceDefinition{}
	if err := server.Client.Get(context.Background(), client.ObjectKey{Name: name}, crd); err != nil {
		t.Fatal(err)
	}
	crd.Spec.Versions[0].AdditionalPrinterColumns = nil
	if err := server.Client.Update(context.Background(), crd); err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, object client.Object) {
	t.Helper()
	if err := server.Client.Create(context.Background(), object); err != nil {
		t.Fatal(err)
	}
}

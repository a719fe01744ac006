package diagnose_test

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/diagnose"
	"github.com/eddy-previews/eddy/internal/object"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// node makes a node of an object as the API server returns it.
func node(t *testing.T, text string) *diagnose.Node {
	t.Helper()
	o := &unstructured.Unstructured{}
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := o.UnmarshalJSON(raw); err != nil {
		t.Fatal(err)
	}
	if o.GetNamespace() == "" {
		o.SetNamespace("app-dev")
	}
	return &diagnose.Node{ID: object.RefOf(o), Object: o}
}

// pod is a pod with a container api in some state.
func pod(state string) string {
	return `{apiVersion: v1, kind: Pod, metadata: {name: api-x}, status: {phase: Running,
  conditions: [{type: Ready, status: "False", lastTransitionTime: "2026-11-23T11:40:00Z"}],
  containerStatuses: [{name: api, image: "registry.example.com/api:pr-1", ` + state + `}]}}`
}

func waiting(reason, message string) string {
	return pod(`ready: false, state: {waiting: {reason: ` + reason + `, message: '` + message + `'}}`)
}

func kustomization(reason, message string) string {
	return `{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: api-1, generation: 2, creationTimestamp: "2026-11-23T11:00:00Z"},
  spec: {path: ./apps/api}, status: {observedGeneration: 2,
  conditions: [{type: Ready, status: "False", reason: ` + reason + `, message: '` + message + `', lastTransitionTime: "2026-11-23T11:30:00Z"}]}}`
}

func deployment(condition string) string {
	return `{apiVersion: apps/v1, kind: Deployment, metadata: {name: api, generation: 1}, spec: {replicas: 1},
  status: {observedGeneration: 1, conditions: [{` + condition + `, lastTransitionTime: "2026-11-23T11:45:00Z"}]}}`
}

func set(condition string) string {
	return `{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSet, metadata: {name: api-pr-envs},
  status: {conditions: [{type: Ready, ` + condition + `, lastTransitionTime: "2026-11-23T11:45:00Z"}]}}`
}

// symptomCases are objects as they are stored, and the cause that they show.
var symptomCases = []struct {
	name    string
	object  string
	events  []corev1.Event
	needs   []string
	preview *v1.PreviewStatus
	cause   string // "" where nothing is wrong
	words   string
}{
	{
		name:   "a tag that was never pushed",
		object: waiting("ImagePullBackOff", `Back-off pulling image "registry.example.com/api:pr-1": ErrImagePull: rpc error: code = NotFound desc = failed to resolve reference "registry.example.com/api:pr-1": registry.example.com/api:pr-1: not found`),
		cause:  "ImageNotFound", words: "registry.example.com/api:pr-1 (container api)",
	},
	{
		name:   "an image that is not there for the node's architecture",
		object: waiting("ErrImagePull", `no match for platform in manifest: not found`),
		cause:  "WrongArchitecture", words: "no match for platform",
	},
	{
		name:   "an older kubelet says why in an event alone",
		object: waiting("ImagePullBackOff", `Back-off pulling image "registry.example.com/api:pr-1"`),
		events: []corev1.Event{event("Failed", `Failed to pull image "registry.example.com/api:pr-1": manifest unknown`)},
		cause:  "ImageNotFound",
	},
	{
		name:   "a private image without credentials",
		object: waiting("ErrImagePull", `failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized`),
		cause:  "ImageAccessDenied", words: "needs credentials",
	},
	{
		name:   "Docker Hub does not tell which of the two",
		object: waiting("ErrImagePull", `pull access denied, repository does not exist or may require authorization`),
		cause:  "ImageAccessDenied", words: "does not exist, or needs credentials",
	},
	{
		name:   "a registry that is not there",
		object: waiting("ErrImagePull", `dial tcp: lookup registry.example.com: no such host`),
		cause:  "RegistryUnreachable", words: "no such host",
	},
	{
		name:   "any other reason",
		object: waiting("InvalidImageName", `couldn''t parse image name: invalid reference format`),
		cause:  "ImagePullFailed", words: "invalid reference format",
	},
	{
		name:   "a Secret that an environment variable needs",
		object: waiting("CreateContainerConfigError", `secret "api-secret" not found`),
		cause:  "ConfigurationMissing", words: `secret "api-secret" not found`,
	},
	{
		name:   "a volume of a ConfigMap that is not there",
		object: `{apiVersion: v1, kind: Pod, metadata: {name: api-x}, status: {phase: Pending}}`,
		events: []corev1.Event{event("FailedMount", `MountVolume.SetUp failed for volume "config" : configmap "api-config" not found`)},
		cause:  "VolumeNotMounted", words: `configmap "api-config" not found`,
	},
	{
		name:   "a crash, and how often",
		object: pod(`ready: false, restartCount: 7, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, reason: Error}}`),
		cause:  "CrashLoop", words: "container api crashes, restarted 7 times: exit code 1",
	},
	{
		name:   "a command that the shell does not find",
		object: pod(`ready: false, restartCount: 1, state: {terminated: {exitCode: 127, reason: Error}}`),
		cause:  "CrashLoop", words: "restarted once: exit code 127 (the command is not found)",
	},
	{
		name:   "a command that the runtime does not find",
		object: pod(`ready: false, restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 128, reason: StartError, message: "exec: \"serve\": executable file not found in $PATH"}}`),
		cause:  "CommandNotFound", words: `exec: "serve": executable file not found`,
	},
	{
		name:   "too little memory",
		object: pod(`ready: false, restartCount: 2, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}`),
		cause:  "OutOfMemory", words: "more memory than its limit and was killed, restarted 2 times",
	},
	{
		name:   "a liveness probe that kills it again and again",
		object: pod(`ready: false, restartCount: 4, state: {running: {}}`),
		events: []corev1.Event{event("Unhealthy", "Liveness probe failed: HTTP probe failed with statuscode: 500")},
		cause:  "LivenessProbeFailed", words: "statuscode: 500",
	},
	{
		name:   "a readiness probe that does not pass",
		object: pod(`ready: false, restartCount: 0, state: {running: {}}`),
		events: []corev1.Event{event("Unhealthy", "Readiness probe failed: dial tcp 10.0.0.7:8080: connect: connection refused")},
		cause:  "ProbeFailed", words: "container api runs and is not ready: Readiness probe failed",
	},
	{
		name:   "a cluster that is full",
		object: `{apiVersion: v1, kind: Pod, metadata: {name: api-x}, status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: "0/3 nodes are available: 3 Insufficient memory."}]}}`,
		cause:  "Unschedulable", words: "3 Insufficient memory",
	},
	{
		name:   "a node that ran out of disk",
		object: `{apiVersion: v1, kind: Pod, metadata: {name: api-x}, status: {phase: Failed, reason: Evicted, message: "The node was low on resource: ephemeral-storage."}}`,
		cause:  "Evicted", words: "ephemeral-storage",
	},
	{
		name:   "a pod that is ready has nothing, whatever it went through",
		object: pod(`ready: true, restartCount: 4, state: {running: {}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}`),
		events: []corev1.Event{event("Unhealthy", "Readiness probe failed: later it passed")},
	},
	{
		name:   "a job's pod that is done has nothing",
		object: pod(`ready: false, state: {terminated: {exitCode: 0, reason: Completed}}`),
	},
	{
		name:   "a quota",
		object: deployment(`type: ReplicaFailure, status: "True", reason: FailedCreate, message: 'pods "api-x" is forbidden: exceeded quota: previews, requested: pods=1, used: pods=20, limited: pods=20'`),
		cause:  "QuotaExceeded", words: "exceeded quota: previews, requested: pods=1, used: pods=20, limited: pods=20",
	},
	{
		name:   "Pod Security",
		object: deployment(`type: ReplicaFailure, status: "True", reason: FailedCreate, message: 'pods "api-x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false'`),
		cause:  "AdmissionRefused", words: "allowPrivilegeEscalation",
	},
	{
		name:   "a ServiceAccount that was not suffixed",
		object: deployment(`type: ReplicaFailure, status: "True", reason: FailedCreate, message: 'pods "api-x" is forbidden: error looking up service account app-dev/api-1: serviceaccount "api-1" not found'`),
		cause:  "ServiceAccountMissing",
	},
	{
		name:   "a StatefulSet tells its refusals in events alone",
		object: `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: db, generation: 1}, spec: {replicas: 1}, status: {observedGeneration: 1, replicas: 0}}`,
		events: []corev1.Event{event("FailedCreate", `create Pod db-0 in StatefulSet db failed error: admission webhook "policy.example.com" denied the request: no latest`)},
		cause:  "AdmissionRefused", words: "no latest",
	},
	{
		name:   "a rollout that does not get on, where nothing else is known",
		object: deployment(`type: Progressing, status: "False", reason: ProgressDeadlineExceeded, message: 'ReplicaSet "api-5d8f" has timed out progressing.'`),
		cause:  "RolloutStuck",
	},
	{
		name:   "a Job that failed for good",
		object: `{apiVersion: batch/v1, kind: Job, metadata: {name: seed}, status: {conditions: [{type: Failed, status: "True", reason: BackoffLimitExceeded, message: Job has reached the specified backoff limit}]}}`,
		cause:  "JobFailed",
	},
	{
		name:   "a source that does not exist",
		object: kustomization("ArtifactFailed", `GitRepository.source.toolkit.fluxcd.io "fleet" not found`),
		needs:  []string{`{apiVersion: source.toolkit.fluxcd.io/v1, kind: GitRepository, metadata: {name: fleet}, absent: true}`},
		cause:  "SourceNotFound", words: "GitRepository/app-dev/fleet, the source that it deploys from, does not exist",
	},
	{
		name:   "a source that cannot be fetched",
		object: kustomization("ArtifactFailed", `Source artifact not found, retrying in 30s`),
		needs:  []string{`{apiVersion: source.toolkit.fluxcd.io/v1, kind: GitRepository, metadata: {name: fleet}, status: {conditions: [{type: Ready, status: "False", reason: GitOperationFailed, message: authentication required}]}}`},
		cause:  "SourceNotReady", words: "authentication required",
	},
	{
		name:   "a dependency that is not ready",
		object: kustomization("DependencyNotReady", `dependency ''app-dev/common'' is not ready`),
		needs:  []string{strings.Replace(kustomization("BuildFailed", "no such file"), "name: api-1", "name: common", 1)},
		cause:  "DependencyNotReady", words: "it waits for Kustomization/app-dev/common, which is not ready: no such file",
	},
	{
		name:   "a path that is not merged yet",
		object: kustomization("ArtifactFailed", `kustomization path not found: stat /tmp/x/apps/api: no such file or directory`),
		cause:  "PathNotFound", words: `spec.path "./apps/api" is not in the source`,
	},
	{
		name:   "an overlay that cannot be built",
		object: kustomization("BuildFailed", `accumulating resources: accumulation err`),
		cause:  "BuildFailed", words: "accumulating resources",
	},
	{
		name:   "an object that cannot be changed",
		object: kustomization("ReconciliationFailed", `Job/app-dev/seed dry-run failed (Invalid): Job.batch "seed" is invalid: spec.template: Invalid value: field is immutable`),
		cause:  "FieldImmutable",
	},
	{
		name:   "an object that is wrong",
		object: kustomization("ReconciliationFailed", `Ingress/app-dev/api dry-run failed (Invalid): Ingress.networking.k8s.io "api" is invalid: spec.rules[0].host: Invalid value`),
		cause:  "ObjectInvalid", words: "spec.rules[0].host",
	},
	{
		name:   "a namespace that nobody made",
		object: kustomization("ReconciliationFailed", `Deployment/nowhere/api namespace not specified: namespaces "nowhere" not found`),
		cause:  "NamespaceMissing",
	},
	{
		name:   "a permission that the account lacks",
		object: kustomization("ReconciliationFailed", `deployments.apps "api" is forbidden: User "system:serviceaccount:app-dev:previews" cannot patch resource "deployments"`),
		cause:  "PermissionMissing",
	},
	{
		name:   "a kind that is not installed",
		object: kustomization("ReconciliationFailed", `no matches for kind "Certificate" in version "cert-manager.io/v1"`),
		cause:  "KindUnknown",
	},
	{
		name:   "a health check, where nothing else is known",
		object: kustomization("HealthCheckFailed", `timeout waiting for: [Deployment/app-dev/api status: ''InProgress'']`),
		cause:  "HealthCheckFailed",
	},
	{
		name:   "Flux rests",
		object: `{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: api-1}, spec: {suspend: true}}`,
		cause:  "Suspended", words: "it is suspended",
	},
	{
		name:   "nobody has looked at it in an hour",
		object: `{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: api-1, creationTimestamp: "2026-11-23T11:00:00Z"}}`,
		cause:  "NotPickedUp",
	},
	{
		name:   "a minute is not too long",
		object: `{apiVersion: kustomize.toolkit.fluxcd.io/v1, kind: Kustomization, metadata: {name: api-1, creationTimestamp: "2026-11-23T11:59:00Z"}}`,
	},
	{
		name:   "a chart whose hooks fail",
		object: `{apiVersion: helm.toolkit.fluxcd.io/v2, kind: HelmRelease, metadata: {name: api-1}, status: {conditions: [{type: Ready, status: "False", reason: InstallFailed, message: "Helm install failed: pre-install hooks failed"}]}}`,
		cause:  "HelmFailed", words: "pre-install hooks failed",
	},
	{
		name:   "an object that is held on its way out",
		object: `{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data, deletionTimestamp: "2026-11-23T11:00:00Z", finalizers: [kubernetes.io/pvc-protection]}}`,
		cause:  "DeletionBlocked", words: "held by kubernetes.io/pvc-protection",
	},
	{
		name:   "more objects than the set has room for",
		object: set(`status: "False", reason: PreviewsFailed, message: "1 of 3 previews failed"`),
		preview: &v1.PreviewStatus{Ready: "False", Reason: "ReconciliationFailed", Message: "its 7502 objects take 1617 KiB in status.inventory, where 1098 KiB are left " +
			"of the 1200 KiB that a ResourceSet may have: let it ask for fewer objects"},
		cause: "TooManyObjects", words: "its 7502 objects take 1617 KiB",
	},
	{
		name:    "a template that does not render",
		object:  set(`status: "False", reason: PreviewsFailed, message: "1 of 3 previews failed"`),
		preview: &v1.PreviewStatus{Ready: "False", Reason: "BuildFailed", Message: `there is no key "slug"`},
		cause:   "TemplateFailed", words: `there is no key "slug"`,
	},
	{
		name:    "a Kustomization that the API server refuses",
		object:  set(`status: "False", reason: PreviewsFailed, message: "1 of 3 previews failed"`),
		preview: &v1.PreviewStatus{Ready: "False", Reason: "ReconciliationFailed", Message: `Kustomization/app-dev/api-A: Kustomization.kustomize.toolkit.fluxcd.io "api-A" is invalid: metadata.name`},
		cause:   "ObjectInvalid",
	},
	{
		name:    "that others fail is not its concern",
		object:  set(`status: "False", reason: PreviewsFailed, message: "1 of 3 previews failed"`),
		preview: &v1.PreviewStatus{Ready: "True"},
	},
	{
		name:    "a set that stands still",
		object:  set(`status: "False", reason: BuildFailed, message: "a template cannot be parsed"`),
		preview: &v1.PreviewStatus{Ready: "True"},
		cause:   "SetNotReady", words: "a template cannot be parsed",
	},
	{
		name:   "a forge that does not answer",
		object: `{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {name: api-prs}, status: {conditions: [{type: Ready, status: "False", reason: ReconciliationFailed, message: "401 Unauthorized"}]}}`,
		cause:  "ProviderFailed", words: "401 Unauthorized",
	},
	{
		name:   "a provider that somebody suspended",
		object: `{apiVersion: fluxcd.controlplane.io/v1, kind: ResourceSetInputProvider, metadata: {name: api-prs, annotations: {fluxcd.controlplane.io/reconcile: disabled, fluxcd.controlplane.io/suspendedBy: ada}}}`,
		cause:  "Suspended", words: "it is suspended by ada",
	},
	{
		name:   "an object whose own words are all there is",
		object: `{apiVersion: cert-manager.io/v1, kind: Certificate, metadata: {name: api}, status: {conditions: [{type: Ready, status: "False", reason: Failed, message: the issuer does not exist}]}}`,
		cause:  "NotReady", words: "the issuer does not exist",
	},
	{
		name:   "an object that just is has nothing",
		object: `{apiVersion: v1, kind: ConfigMap, metadata: {name: config}}`,
	},
}

func event(reason, message string) corev1.Event {
	return corev1.Event{Reason: reason, Message: message, Type: "Warning", FirstTimestamp: metav1.NewTime(now.Add(-time.Hour))}
}

func TestCauses(t *testing.T) {
	for _, test := range symptomCases {
		t.Run(test.name, func(t *testing.T) {
			n := node(t, test.object)
			n.Events, n.Preview = test.events, test.preview
			for _, text := range test.needs {
				needed := node(t, text)
				if needed.Object.Object["absent"] == true {
					needed.Object = nil
				}
				n.Needs = append(n.Needs, needed)
			}
			findings := diagnose.Explain(n, now).Findings
			switch {
			case test.cause == "" && len(findings) > 0:
				t.Fatalf("found %+v, where there is nothing", findings)
			case test.cause == "":
				return
			case len(findings) != 1 || findings[0].Cause != test.cause:
				t.Fatalf("found %+v, want %s", findings, test.cause)
			}
			if f := findings[0]; !strings.Contains(f.Words, test.words) || (f.Advice == "" && f.Cause != "NotReady") {
				t.Errorf("it says %q, and advises %q; want %q", f.Words, f.Advice, test.words)
			}
		})
	}
}

func TestEveryCauseIsTested(t *testing.T) {
	tested := map[string]bool{"ObjectMissing": true} // below
	for _, test := range symptomCases {
		tested[test.cause] = true
	}
	for _, name := range diagnose.Causes() {
		if !tested[name] {
			t.Errorf("no case shows %s", name)
		}
	}
}

func TestWhatFollowsFromACauseIsNoCause(t *testing.T) {
	root := node(t, kustomization("HealthCheckFailed", "timeout waiting for: [Deployment/app-dev/api]"))
	workload := node(t, deployment(`type: Progressing, status: "False", message: "has timed out progressing"`))
	workload.Children = []*diagnose.Node{node(t, waiting("ErrImagePull", "not found"))}
	root.Children = []*diagnose.Node{workload}
	report := diagnose.Explain(root, now)
	if len(report.Findings) != 1 || report.Findings[0].Cause != "ImageNotFound" {
		t.Errorf("found %+v", report.Findings)
	}
	if report.Root.State != diagnose.Failing || report.Root.Children[0].Children[0].State != diagnose.Failing {
		t.Errorf("the tree is %+v", report.Root)
	}
	if since := report.Findings[0].Since; !since.Equal(time.Date(2026, 11, 23, 11, 40, 0, 0, time.UTC)) {
		t.Errorf("it began at %s", since)
	}
}

func TestPodsThatFailAlikeAreOneFinding(t *testing.T) {
	root := node(t, deployment(`type: Available, status: "False"`))
	for range 3 {
		root.Children = append(root.Children, node(t, waiting("ErrImagePull", "not found")))
	}
	findings := diagnose.Explain(root, now).Findings
	if len(findings) != 1 || len(findings[0].Also) != 2 {
		t.Errorf("found %+v", findings)
	}
}

func TestWhatIsGoneAndWhatMayNotBeReadAreTold(t *testing.T) {
	gone, hidden := node(t, pod("ready: true")), node(t, pod("ready: true"))
	gone.Object = nil
	hidden.Object, hidden.Unread = nil, "you may not read it"
	root := node(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}`)
	root.Children = []*diagnose.Node{gone, hidden}
	report := diagnose.Explain(root, now)
	if len(report.Findings) != 1 || report.Findings[0].Cause != "ObjectMissing" {
		t.Errorf("found %+v", report.Findings)
	}
	if report.Root.Children[0].State != diagnose.Missing || report.Root.Children[1].State != diagnose.Unknown {
		t.Errorf("the states are %s and %s", report.Root.Children[0].State, report.Root.Children[1].State)
	}
}

func TestWhatWasNeverAppliedHasNotBeenDeletedByAnybody(t *testing.T) {
	never := node(t, pod("ready: true"))
	never.Object, never.NotApplied = nil, true
	root := node(t, `{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}`)
	root.Preview = &v1.PreviewStatus{Ready: "False", Reason: "ReconciliationFailed", Message: `pods "a" is forbidden: User "x" cannot patch resource "pods"`}
	root.Children = []*diagnose.Node{never}
	report := diagnose.Explain(root, now)
	if len(report.Findings) != 1 || report.Findings[0].Cause != "PermissionMissing" {
		t.Errorf("found %+v", report.Findings)
	}
}

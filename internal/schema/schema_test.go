package schema_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/internal/schema"
)

const (
	provider = "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSetInputProvider\nmetadata: {name: prs}\nspec:\n  "
	set      = "apiVersion: fluxcd.controlplane.io/v1\nkind: ResourceSet\nmetadata: {name: web}\nspec:\n  "
	ks       = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: web}\nspec:\n  "
	release  = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: web}\nspec:\n  "
	pods     = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  "
)

func TestWhatTheAPIServerRefusesIsSaidInItsWords(t *testing.T) {
	kinds := schema.Open()
	for _, test := range []struct{ claim, text, want string }{
		{"a type that is misspelt", provider + "{type: GithubPullRequest, url: 'https://github.com/acme/api'}", `spec.type: Unsupported value: "GithubPullRequest"`},
		{"with the one that was meant", provider + "{type: GithubPullRequest, url: 'https://github.com/acme/api'}", `did you mean "GitHubPullRequest"?`},
		{"an address of ssh", provider + "{type: GitHubPullRequest, url: 'git@github.com:acme/api.git'}", `spec.url: Invalid value`},
		{"an enum in lower case", provider + "{type: GitHubPullRequest, url: 'https://github.com/acme/api', skip: {whenMissing: freeze}}", `spec.skip.whenMissing: Unsupported value: "freeze"`},
		{"a rule in CEL", provider + "{type: Static, url: 'https://github.com/acme/api'}", `spec.url must be empty`},
		{"a kind in inputsFrom", set + "{inputsFrom: [{kind: ResourceSetInputsProvider, name: a}], resources: []}", `spec.inputsFrom[0].kind: Unsupported value`},
		{"steps beside resources", set + "{resources: [], steps: [{name: a, resources: []}]}", `spec: Invalid value`},
		{"two steps of a name", set + "{steps: [{name: a, resources: []}, {name: a, resources: []}]}", `spec.steps`},
		{"a field that is none", set + "{resource: []}", `unknown field "spec.resource"; did you mean "resources"?`},
		{"no interval", ks + "{prune: true, sourceRef: {kind: GitRepository, name: a}}", `spec.interval: Required value`},
		{"an interval in words", ks + "{interval: 5 minutes, prune: true, sourceRef: {kind: GitRepository, name: a}}", `spec.interval: Invalid value: "5 minutes"`},
		{"a source of no kind", ks + "{interval: 5m, prune: true, sourceRef: {kind: GitRepo, name: a}}", `spec.sourceRef.kind: Unsupported value: "GitRepo"`},
		{"a variable that is a number", ks + "{interval: 5m, prune: true, sourceRef: {kind: GitRepository, name: a}, postBuild: {substitute: {NUM: 1}}}", `spec.postBuild.substitute.NUM`},
		{"a version of years ago", strings.Replace(ks, "io/v1", "io/v1beta2", 1) + "{}", `it is served by Flux 2.9 as kustomize.toolkit.fluxcd.io/v1; Flux 2.7 serves it`},
		{"the file of kustomize", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nmetadata: {name: a}", `did you mean "kustomize.toolkit.fluxcd.io/v1"?`},
		{"a chart and a reference to one", release + "{interval: 5m, chart: {spec: {chart: a, sourceRef: {kind: HelmRepository, name: a}}}, chartRef: {kind: OCIRepository, name: a}}", `spec: Invalid value: either chart or chartRef must be set`},
		{"a kind of Flux that is none", "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepo\nmetadata: {name: a}", `no matches for kind "GitRepo"`},
		{"a field of Kubernetes that is none", pods + "{replica: 1}", `unknown field "spec.replica"`},
		{"a number in the place of a text", pods + "template: {metadata: {annotations: {a: 1}}}", `spec.template.metadata.annotations: it is a number`},
		{"a version that is no more", "apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata: {name: a}", `did you mean "networking.k8s.io/v1"?`},
		{"a name that is none", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Web_1}", `metadata.name: Invalid value: "Web_1"`},
		{"a variable in a name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: 'web-${N}'}", `a variable is left in it`},
		{"a label that is none", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, labels: {by: 'dependabot[bot]'}}", `metadata.labels.by: Invalid value`},
		{"no selector", pods + "{template: {spec: {containers: [{name: a, image: b}]}}}", `spec.selector: Required value`},
		{"a selector of other pods", pods + "{selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: b}}, spec: {containers: [{name: a, image: b}]}}}", "`selector` does not match template `labels`"},
		{"a container without an image", pods + "{template: {spec: {containers: [{name: a}]}}}", `spec.template.spec.containers[0].image: Required value`},
		{"a volume that is not there", pods + "{template: {spec: {containers: [{name: a, image: b, volumeMounts: [{name: v, mountPath: /v}]}]}}}", `volumeMounts[0].name: Not found: "v"`},
		{"a policy of a container", pods + "{template: {spec: {containers: [{name: a, image: b, imagePullPolicy: always}]}}}", `did you mean "Always"?`},
		{"more than the limit", pods + "{template: {spec: {containers: [{name: a, image: b, resources: {limits: {cpu: 100m}, requests: {cpu: 1}}}]}}}", `must be less than or equal to cpu limit of 100m`},
		{"a path without its type", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [{http: {paths: [{path: /, backend: {service: {name: a, port: {number: 80}}}}]}}]}", `spec.rules[0].http.paths[0].pathType: Required value`},
		{"a Job that restarts always", "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {containers: [{name: a, image: b}]}}}", `spec.template.spec.restartPolicy: Required value`},
		{"a Service without ports", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {selector: {a: b}}", `spec.ports: Required value`},
		{"no name", "apiVersion: v1\nkind: ConfigMap\nmetadata: {}", `metadata.name: Required value`},
	} {
		t.Run(test.claim, func(t *testing.T) {
			var all []string
			for _, fault := range kinds.Check(object(t, test.text)) {
				all = append(all, fault.String())
			}
			if got := strings.Join(all, "\n"); !strings.Contains(got, test.want) {
				t.Errorf("got %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestWhatTheAPIServerTakesHasNoFault(t *testing.T) {
	kinds := schema.Open()
	for _, text := range []string{
		provider + "{type: GitHubPullRequest, url: 'https://github.com/acme/api', skip: {labels: [a]}, defaultValues: {a: {b: [1]}}}",
		provider + "{type: Static, defaultValues: {a: 1}}",
		set + "{inputs: [{a: 1, b: {c: d}}], resources: [{apiVersion: v1, kind: X, whatever: 1}]}",
		set + "{inputsFrom: [{name: a}], resourcesTemplate: 'x'}",
		ks + "{interval: 10m, prune: true, path: ./a, sourceRef: {kind: GitRepository, name: a}, postBuild: {substitute: {N: '1'}}, patches: [{patch: x, target: {kind: A}}], images: [{name: a, newTag: b}]}",
		ks + "{interval: 1h30m, prune: true, retryInterval: null, sourceRef: {kind: OCIRepository, name: a}}",
		release + "{interval: 5m, chartRef: {kind: OCIRepository, name: a}, values: {any: [thing, {x: 1}]}, install: {remediation: {retries: -1}}}",
		pods + "{replicas: 1, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a, x: z}}, spec: {containers: [{name: a, image: b, ports: [{containerPort: 80}], resources: {limits: {cpu: 1}, requests: {cpu: 500m}}, volumeMounts: [{name: v, mountPath: /v}]}], volumes: [{name: v, emptyDir: {}}]}}}",
		"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {clusterIP: None, selector: {a: b}}",
		"apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {type: ExternalName, externalName: example.com}",
		"apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: a}\nspec: {schedule: '* * * * *', jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}}}}",
		"apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {rules: [{host: a.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: a, port: {number: 80}}}}]}}]}",
		"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {}}",
		"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: a}\nspec: {serviceName: a, selector: {matchLabels: {app: a}}, template: {metadata: {labels: {app: a}}, spec: {containers: [{name: a, image: b, volumeMounts: [{name: data, mountPath: /d}]}]}}, volumeClaimTemplates: [{metadata: {name: data}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}]}",
		"apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: 'system:A_b'}",
		"apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\nanything: {x: 1}",
		"apiVersion: fluxcd.controlplane.io/v1\nkind: FluxInstance\nmetadata: {name: flux}\nspec: {a: 1}",
	} {
		for _, fault := range kinds.Check(object(t, text)) {
			t.Errorf("%s\nhas %s", text, fault)
		}
	}
}

func TestWhatOneOfTheVersionsOfFluxTakesHasNoFault(t *testing.T) {
	old := strings.Replace(ks, "io/v1", "io/v1beta2", 1) + "{interval: 10m, prune: true, sourceRef: {kind: GitRepository, name: a}}"
	for _, test := range []struct {
		claim string
		flux  []string
		takes bool
	}{
		{"the newest, where nothing is known", nil, false},
		{"the one that serves it", []string{"2.7"}, true},
		{"one that does not any more", []string{"2.8"}, false},
		{"both, of two clusters", []string{"2.7", "2.9"}, true},
	} {
		faults := schema.Open(test.flux...).Check(object(t, old))
		if takes := len(faults) == 0; takes != test.takes {
			t.Errorf("%s: %v", test.claim, faults)
		}
	}
}

func TestAVersionOfFluxIsTheNearestThatIsKnown(t *testing.T) {
	for text, want := range map[string]string{"v2.8.3": "2.8", "2.7": "2.7", "v2.9.0-rc.1": "2.9", "2.6.4": "2.7", "2.12": "2.9", "2.7.x": "2.7", "2.x": "", "latest": ""} {
		if got, _ := schema.VersionOf(text); got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
	}
}

// TestEveryKindOfEveryVersionIsRead asks for a version that none has.
func TestEveryKindOfEveryVersionIsRead(t *testing.T) {
	for _, version := range schema.Versions() {
		kinds := schema.Open(version)
		for _, kind := range schema.FluxKinds() {
			faults := kinds.Check(&unstructured.Unstructured{Object: map[string]any{
				"apiVersion": kind.Group + "/v0", "kind": kind.Kind, "metadata": map[string]any{"name": "a"},
			}})
			if len(faults) != 1 || !strings.Contains(faults[0].Message, "it is served by Flux "+version+" as "+kind.Group+"/") {
				t.Errorf("%s of %s: %v", kind, version, faults)
			}
		}
	}
}

// TestTheExamplesHaveNoFault holds what people copy against it.
func TestTheExamplesHaveNoFault(t *testing.T) {
	kinds, count := schema.Open(), 0
	examples := os.DirFS("../../examples")
	err := fs.WalkDir(examples, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(name) != ".yaml" {
			return err
		}
		text, err := fs.ReadFile(examples, name)
		if err != nil {
			return err
		}
		for part := range strings.SplitSeq(string(text), "\n---\n") {
			content := map[string]any{}
			if yaml.Unmarshal([]byte(part), &content) != nil || content["apiVersion"] != "fluxcd.controlplane.io/v1" {
				continue
			}
			count++
			for _, fault := range kinds.Check(&unstructured.Unstructured{Object: content}) {
				t.Errorf("%s: %s", name, fault)
			}
		}
		return nil
	})
	if err != nil || count < 10 {
		t.Errorf("%d objects, %v", count, err)
	}
}

func object(t *testing.T, text string) *unstructured.Unstructured {
	t.Helper()
	content := map[string]any{}
	if err := yaml.Unmarshal([]byte(text), &content); err != nil {
		t.Fatal(err)
	}
	return &unstructured.Unstructured{Object: content}
}

package charts_test

import (
	_ "embed"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/eddy-previews/eddy/charts"
	"github.com/eddy-previews/eddy/internal/install"
	"github.com/eddy-previews/eddy/internal/operator"
)

//go:embed testdata/everything.yaml
var everything string

func TestHelmLintHasNothingToSay(t *testing.T) {
	for name, values := range map[string]string{"the default values": "", "everything else": everything} {
		t.Run(name, func(t *testing.T) {
			for _, message := range lint.RunAll("eddy", parse(t, values), "flux-system").Messages {
				if message.Severity > support.InfoSev {
					t.Error(message)
				}
			}
		})
	}
}

func TestTheChartHasTheGeneratedDefinitions(t *testing.T) {
	generated, err := filepath.Glob("../config/crd/*.yaml")
	if err != nil || len(generated) == 0 {
		t.Fatalf("found %v, %v", generated, err)
	}
	packed, err := fs.Glob(charts.Eddy, "eddy/files/crds/*")
	if err != nil || len(packed) != len(generated) {
		t.Errorf("the chart has %v, and config/crd %v: run `make generate`", packed, generated)
	}
	for _, name := range generated {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := fs.ReadFile(charts.Eddy, "eddy/files/crds/"+filepath.Base(name))
		if err != nil || string(got) != string(want) {
			t.Errorf("%s is another in the chart (%v): run `make generate`", name, err)
		}
	}
}

// differing are the flags that the chart sets to something else than the
// operator does by itself.
var differing = []string{"default-service-account", "leader-election-id"}

func TestTheDefaultsOfTheChartAreThoseOfTheFlags(t *testing.T) {
	set := flags(t)
	if err := set.Parse(deployment(t, nil)[1:]); err != nil {
		t.Fatal(err)
	}
	set.VisitAll(func(flag *pflag.Flag) {
		if flag.Value.String() != flag.DefValue && !slices.Contains(differing, flag.Name) {
			t.Errorf("--%s is %s, and by itself %s", flag.Name, flag.Value, flag.DefValue)
		}
	})
}

func TestEachFlagOfTheOperatorCanBeSet(t *testing.T) {
	values := parse(t, everything)
	values["replicas"] = 1
	operator := values["operator"].(map[string]any)
	operator["enableLeaderElection"], operator["watchNamespaces"] = false, []any{"a", "b"}
	args := deployment(t, values)
	set := flags(t)
	if err := set.Parse(args[1:]); err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties struct {
			Operator struct{ Properties map[string]any }
		}
	}
	text, err := os.ReadFile("eddy/values.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	count := 0
	set.VisitAll(func(flag *pflag.Flag) {
		count++
		if flag.Value.String() == flag.DefValue {
			t.Errorf("--%s is still %s", flag.Name, flag.DefValue)
		}
	})
	if known := len(schema.Properties.Operator.Properties); known != count {
		t.Errorf("the schema knows %d flags of %d", known, count)
	}
}

func TestValuesThatMeanNothingAreRefused(t *testing.T) {
	for name, test := range map[string]struct{ values, because string }{
		"a name that is misspelt":            {"{replica: 1}", "replica"},
		"a flag that does not exist":         {"{operator: {concurrency: 1}}", "concurrency"},
		"a duration without a unit":          {"{operator: {requeueDependency: '5'}}", "requeueDependency"},
		"a text for a number":                {"{operator: {concurrent: many}}", "concurrent"},
		"verbs where they are given":         {"{rbac: {watch: [{apiGroups: [''], resources: [pods], verbs: ['*']}]}}", "verbs"},
		"replicas without a leader":          {"{operator: {enableLeaderElection: false}}", "operator.enableLeaderElection"},
		"shards without a leader":            {"{shards: 1, replicas: 1, operator: {enableLeaderElection: false}}", "operator.enableLeaderElection"},
		"shards with a selector":             {"{shards: 1, operator: {watchLabelSelector: a=b}}", "operator.watchLabelSelector"},
		"previews without an account":        {"{operator: {defaultServiceAccount: ''}, previews: {namespaces: [a]}}", "operator.defaultServiceAccount"},
		"no account, and none to be created": {"{serviceAccount: {create: false}}", "serviceAccount.name"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := install.Render(install.Plan{Namespace: "flux-system", Values: parse(t, test.values)})
			if err == nil || !strings.Contains(err.Error(), test.because) {
				t.Errorf("got %v, which does not name %s", err, test.because)
			}
		})
	}
}

func TestShardsHaveALeaseAndASelectorEachAndMayRenewIt(t *testing.T) {
	leases, mayRenew := map[string]string{}, []string{}
	for _, object := range render(t, parse(t, "{shards: 2}")) {
		switch object.GetKind() {
		case "Deployment":
			containers, _, _ := unstructured.NestedSlice(object.Object, "spec", "template", "spec", "containers")
			args, _, _ := unstructured.NestedStringSlice(containers[0].(map[string]any), "args")
			set := flags(t)
			if err := set.Parse(args[1:]); err != nil {
				t.Fatal(err)
			}
			leases[set.Lookup("leader-election-id").Value.String()] = object.GetName() + " " + set.Lookup("watch-label-selector").Value.String()
		case "Role":
			rules, _, _ := unstructured.NestedSlice(object.Object, "rules")
			for _, rule := range rules {
				names, _, _ := unstructured.NestedStringSlice(rule.(map[string]any), "resourceNames")
				mayRenew = append(mayRenew, names...)
			}
		}
	}
	want := map[string]string{
		"eddy":        "eddy !sharding.fluxcd.io/key",
		"eddy-shard1": "eddy-shard1 sharding.fluxcd.io/key=shard1", "eddy-shard2": "eddy-shard2 sharding.fluxcd.io/key=shard2",
	}
	if !maps.Equal(leases, want) {
		t.Errorf("the shards are %v", leases)
	}
	for lease := range want {
		if !slices.Contains(mayRenew, lease) {
			t.Errorf("nobody may renew %s: %v", lease, mayRenew)
		}
	}
}

func TestAClusterThatIsTooOldIsRefused(t *testing.T) {
	for version, supported := range map[string]bool{"v1.29.9": false, "v1.30.0-eks-1234": true, "v1.36.3+k3s1": true} {
		_, err := install.Render(install.Plan{Namespace: "flux-system", KubeVersion: version})
		if (err == nil) != supported {
			t.Errorf("%s: %v", version, err)
		}
	}
}

func TestNobodyIsAnAdministratorUnlessTheValuesSaySo(t *testing.T) {
	for _, values := range []string{"", "{operator: {watchNamespaces: [a, b]}}", "{previews: {namespaces: [a]}}"} {
		for _, object := range render(t, parse(t, values)) {
			if role, _, _ := unstructured.NestedString(object.Object, "roleRef", "name"); role == "cluster-admin" {
				t.Errorf("%s: %s is bound to cluster-admin", values, object.GetName())
			}
			for _, rule := range rules(object) {
				for _, field := range []string{"verbs", "apiGroups"} {
					if slices.Contains(rule[field].([]any), any("*")) {
						t.Errorf("%s: %s %s may %v", values, object.GetKind(), object.GetName(), rule)
					}
				}
				_, limited := rule["resourceNames"]
				if slices.Contains(rule["verbs"].([]any), any("impersonate")) && !limited {
					t.Errorf("%s: any account can be impersonated", values)
				}
			}
		}
	}
}

func TestAnOperatorOfSomeNamespacesHasNoRightsElsewhere(t *testing.T) {
	for _, object := range render(t, parse(t, "{operator: {watchNamespaces: [a, b]}, rbac: {aggregate: false}}")) {
		if kind := object.GetKind(); kind == "ClusterRole" || kind == "ClusterRoleBinding" {
			t.Errorf("there is a %s %s", kind, object.GetName())
		}
	}
}

func TestTheReplicasShareALeaseOfTheirRelease(t *testing.T) {
	if args := deployment(t, parse(t, "{fullnameOverride: other}")); !slices.Contains(args, "--leader-election-id=other") {
		t.Errorf("got %v", args)
	}
}

func rules(object *unstructured.Unstructured) []map[string]any {
	list, _, _ := unstructured.NestedSlice(object.Object, "rules")
	var out []map[string]any
	for _, rule := range list {
		out = append(out, rule.(map[string]any))
	}
	return out
}

// deployment returns the arguments of the operator.
func deployment(t *testing.T, values map[string]any) []string {
	t.Helper()
	for _, object := range render(t, values) {
		if object.GetKind() == "Deployment" {
			containers, _, _ := unstructured.NestedSlice(object.Object, "spec", "template", "spec", "containers")
			args, _, _ := unstructured.NestedStringSlice(containers[0].(map[string]any), "args")
			return args
		}
	}
	t.Fatal("there is no Deployment")
	return nil
}

func flags(t *testing.T) *pflag.FlagSet {
	t.Helper()
	var options operator.Options
	set := pflag.NewFlagSet("operator", pflag.ContinueOnError)
	options.BindFlags(set)
	return set
}

func render(t *testing.T, values map[string]any) []*unstructured.Unstructured {
	t.Helper()
	objects, err := install.Render(install.Plan{Namespace: "flux-system", Values: values})
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

func parse(t *testing.T, values string) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := yaml.Unmarshal([]byte(values), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

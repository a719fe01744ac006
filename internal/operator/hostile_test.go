package operator_test

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// hostile is a set that takes as much as it may get: by a template for each of
// its inputs, or by how it judges a ConfigMap of half a megabyte.
type hostile struct {
	template, expression string
	inputs               int
	// says what its condition has in it.
	says string
}

func hostileSets() []hostile {
	loop := `<< range $i, $_ := until 60000 >><< $_ := add $i 1 >><< end >>`
	defines := `<< define "t0" >>x<< end >>`
	for n := range 40 {
		defines += fmt.Sprintf(`<< define "t%d" >><< template "t%d" . >><< template "t%d" . >><< end >>`, n+1, n, n)
	}
	nested := "[[0]].map(a, " + strings.Repeat("[1,2,3,4,5,6,7,8,9,10].map(V, ", 9) + "1" + strings.Repeat(")", 10) + ".size() > 0"
	for n := 0; strings.Contains(nested, "V"); n++ {
		nested = strings.Replace(nested, "V", fmt.Sprint("v", n), 1)
	}
	many := `<< range $i, $_ := until 24000 >><< $_ := add $i 1 >><< end >>`
	return []hostile{
		{template: `<< range $i := 1000000000000000 >>x<< end >>`, says: "takes more than"},
		{template: loop, says: "takes more than"},
		{template: defines + `<< template "t40" . >>`, says: "takes more than"},
		{template: `<< $x := "aaaaaaaa" >><< range $i, $_ := until 40 >><< $x = printf "%s%s" $x $x >><< end >><< $x >>`, says: "takes more than"},
		{template: `<< range $i, $_ := until 60000 >><< regexMatch "(a|aa)+b" (repeat 500 "a") >><< end >>`, says: "takes more than"},
		{template: many, inputs: 300, says: "takes more than"},
		{template: `<< $l := until 5000 >><< range $i, $_ := until 40000 >><< $_ := toJson $l >><< end >>`, inputs: 100, says: "takes more than"},
		{expression: nested, says: "costs more than"},
		{expression: "data.long.split('').exists(x, sets.contains(data.long.split(''), [x]) && x == 'b')", says: "costs more than"},
		{expression: "data.long.matches('(a{1000})*b')", says: "costs more than"},
	}
}

// create makes the set, and what it judges.
func (h hostile) create(t *testing.T, namespace, name string) {
	t.Helper()
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}}
	var inputs []string
	for n := range max(h.inputs, 2) {
		inputs = append(inputs, fmt.Sprintf(`{id: "%d"}`, n))
	}
	if err := yaml.Unmarshal([]byte("inputs: ["+strings.Join(inputs, ",")+"]"), &set.Spec); err != nil {
		t.Fatal(err)
	}
	set.Spec.ResourcesTemplate = cmp.Or(h.template, "apiVersion: v1")
	if h.expression != "" {
		long := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}, Data: map[string]string{"long": strings.Repeat("a", 500_000)}}
		set.Spec.DependsOn = []v1.Dependency{{APIVersion: "v1", Kind: "ConfigMap", Name: name, Namespace: namespace, Ready: true, ReadyExpr: h.expression}}
		if err := server.Client.Create(context.Background(), long); err != nil {
			t.Fatal(err)
		}
	}
	if err := server.Client.Create(context.Background(), set); err != nil {
		t.Fatal(err)
	}
}

// harmless creates a set with three previews, and returns how long it took to be
// ready.
func harmless(t *testing.T, namespace, name string) time.Duration {
	t.Helper()
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}}
	spec := `
inputs: [{id: "1"}, {id: "2"}, {id: "3"}]
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: "NAME-<< inputs.id >>", namespace: NS}, data: {id: << inputs.id >>}}]`
	if err := yaml.Unmarshal([]byte(strings.NewReplacer("NS", namespace, "NAME", name).Replace(spec)), &set.Spec); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := server.Client.Create(context.Background(), set); err != nil {
		t.Fatal(err)
	}
	gomega.NewWithT(t).Eventually(func() bool {
		is := &v1.ResourceSet{}
		err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(set), is)
		return err == nil && conditions.IsReady(is)
	}, 5*time.Minute, 5*time.Millisecond).Should(gomega.BeTrue())
	return time.Since(began)
}

// gracePeriod is that of the manager, after which it says that it could not stop.
const gracePeriod = 30 * time.Second

// It prints what a set takes alone and beside ten that take all they may get;
// what is held to is that it comes through, that these fail alone with the bound
// in their message, and that the operator stops in its time.
func TestHostileSetsDoNotHoldUpASetOfAnotherNamespace(t *testing.T) {
	mine, theirs := server.Namespace(t), server.Namespace(t)
	stop := startOn(t, server.Config, "--watch-namespaces="+mine+","+theirs)
	harmless(t, mine, "first")
	alone := harmless(t, mine, "alone")

	sets := hostileSets()
	for n, set := range sets {
		set.create(t, theirs, fmt.Sprint("hostile-", n))
	}
	var longest time.Duration
	for n := range 10 {
		longest = max(longest, harmless(t, mine, fmt.Sprint("beside-", n)))
	}
	for n, hostile := range sets {
		gomega.NewWithT(t).Eventually(func() string {
			set := &v1.ResourceSet{}
			if err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: theirs, Name: fmt.Sprint("hostile-", n)}, set); err != nil {
				return err.Error()
			}
			said := conditions.GetMessage(set, meta.ReadyCondition)
			for _, preview := range set.Status.Previews {
				said += "\n" + preview.Message
			}
			return said
		}, 5*time.Minute, 100*time.Millisecond).Should(gomega.ContainSubstring(hostile.says), "set %d: %.80s", n, hostile.template+hostile.expression)
	}
	began := time.Now()
	stop()
	stopped := time.Since(began)
	if stopped > gracePeriod {
		t.Errorf("it takes %s to stop", stopped)
	}
	t.Logf("a set of three previews takes %s alone, %s at most beside %d hostile ones; the operator stops within %s",
		alone.Round(time.Millisecond), longest.Round(time.Millisecond), len(sets), stopped.Round(time.Millisecond))
}

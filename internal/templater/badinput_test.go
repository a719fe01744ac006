package templater

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

func TestWhatIsWrongWithOnePreviewIsSaidOfItAlone(t *testing.T) {
	long := strings.Repeat("x", 70)
	cases := []struct {
		name string
		// title of the second of two inputs; the template makes it go wrong.
		title, resource string
		// words that the message has, the input's name beside them.
		words []string
	}{
		{"a template that fails", "boom", `{apiVersion: v1, kind: ConfigMap, metadata: {name: "api-<< inputs.id >>", namespace: NS}, data: {x: '<< if eq inputs.title "boom" >><< fail "no title like that" >><< end >>'}}`,
			[]string{"spec.resources[0]", "no title like that"}},
		{"a key that is not there", "gone", `{apiVersion: v1, kind: ConfigMap, metadata: {name: "api-<< inputs.id >>", namespace: NS}, data: {x: '<< if eq inputs.title "gone" >><< inputs.gone >><< end >>'}}`,
			[]string{"spec.resources[0]", "gone"}},
		{"an object that admission refuses", "-1", `{apiVersion: v1, kind: ResourceQuota, metadata: {name: "api-<< inputs.id >>", namespace: NS}, spec: {hard: {pods: '<< if eq inputs.title "-1" >>-1<< else >>1<< end >>'}}}`,
			[]string{"ResourceQuota/NS/api-2", "must be greater than or equal to 0"}},
		{"a name over 63 characters", long, `{apiVersion: v1, kind: Service, metadata: {name: "api-<< inputs.title >>", namespace: NS}, spec: {ports: [{port: 80}]}}`,
			[]string{"Service/NS/api-" + long, "its name has 74 characters", `<< TEXT | slugify | replace "_" "-" | trunc 40 | trimAll "-" >>`}},
		{"a name that is not a DNS name", "Not_A_Name", `{apiVersion: v1, kind: ConfigMap, metadata: {name: "api-<< inputs.title >>", namespace: NS}}`,
			[]string{"ConfigMap/NS/api-Not_A_Name", `make one of what goes into it: << TEXT | slugify | replace "_" "-" | trunc 40 | trimAll "-" >>`}},
		{"a kind that the cluster does not know", "Unknown", `{apiVersion: '<< if eq inputs.title "Unknown" >>example.com/<< end >>v1', kind: '<< if eq inputs.title "Unknown" >>Unknown<< else >>ConfigMap<< end >>', metadata: {name: "api-<< inputs.id >>", namespace: NS}}`,
			[]string{"Unknown/NS/api-2", "install its CustomResourceDefinition first"}},
		{"a namespace that is not there", "nowhere", `{apiVersion: v1, kind: ConfigMap, metadata: {name: "api-<< inputs.id >>", namespace: '<< if eq inputs.title "nowhere" >>nowhere<< else >>NS<< end >>'}}`,
			[]string{"ConfigMap/nowhere/api-2", "create the namespace first"}},
		{"a namespace that is being deleted", "NS-going", `{apiVersion: v1, kind: ConfigMap, metadata: {name: "api-<< inputs.id >>", namespace: '<< if hasSuffix "-going" inputs.title >><< inputs.title >><< else >>NS<< end >>'}}`,
			[]string{"ConfigMap/NS-going/api-2", "the namespace is being deleted"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			in := strings.NewReplacer("NS", b.namespace)
			b.terminating(b.namespace + "-going")
			b.provider("prs")
			b.exportInputs("prs", []v1.ResourceSetInput{
				{"id": text("1"), "title": text("one")}, {"id": text("2"), "title": text(in.Replace(c.title))},
			})
			b.set("inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]\nresources:\n- " + c.resource)
			set := b.run()
			if good := set.Status.Previews[0]; good.Ready != metav1.ConditionTrue {
				t.Errorf("the other preview is %+v", good)
			}
			bad := set.Status.Previews[1]
			if bad.ID != "2" || bad.Ready != metav1.ConditionFalse {
				t.Fatalf("the preview is %+v", bad)
			}
			for _, words := range c.words {
				if !strings.Contains(bad.Message, in.Replace(words)) {
					t.Errorf("the message is %q, and should say %q", bad.Message, in.Replace(words))
				}
			}
		})
	}
}

// terminating makes a namespace that does not get deleted.
func (b *bench) terminating(name string) {
	b.t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for _, err := range []error{
		server.Client.Create(context.Background(), namespace), server.Client.Delete(context.Background(), namespace),
	} {
		if err != nil { // nothing finalizes a namespace here, so it stays
			b.t.Fatal(err)
		}
	}
}

func TestOneBrokenInputOfAThousandIsNamed(t *testing.T) {
	b := newBench(t)
	b.provider("prs")
	var inputs []v1.ResourceSetInput
	for n := range 1000 {
		title := "fine"
		if n == 617 {
			title = "broken"
		}
		inputs = append(inputs, v1.ResourceSetInput{"id": text(fmt.Sprint(n)), "title": text(title)})
	}
	b.exportInputs("prs", inputs)
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: "api-<< inputs.id >>", namespace: NS, labels: {x: '<< if eq inputs.title "broken" >>not a label<< end >>'}}}]
`)
	set := b.run()
	b.wantReady(set, metav1.ConditionFalse, v1.ReasonPreviewsFailed, "1 of 1000 previews failed and keep what they had: prs/617: ConfigMap/")
	if got := *set.Status.PreviewCounts; got.Ready != 999 || got.Failed != 1 || got.Listed != 1000 {
		t.Errorf("the counts are %+v", got)
	}
	var list corev1.ConfigMapList
	if err := server.Client.List(context.Background(), &list, client.InNamespace(b.namespace), client.MatchingLabels{v1.OwnerLabelPrefix + "/name": "previews"}); err != nil || len(list.Items) != 999 {
		t.Errorf("there are %d objects, %v", len(list.Items), err)
	}
}

package templater

import (
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

func TestAPreviewThatTheInventoryHasNoRoomForFailsAlone(t *testing.T) {
	b := newBench(t)
	b.provider("prs")
	export := func(counts ...int) {
		var inputs []v1.ResourceSetInput
		for n, count := range counts {
			inputs = append(inputs, v1.ResourceSetInput{"id": text(fmt.Sprint(n + 1)), "count": text(fmt.Sprint(count))})
		}
		b.exportInputs("prs", inputs)
	}
	long := strings.Repeat("x", 150) // of which the inventory has a line each
	b.set(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resourcesTemplate: |
  << range until (int inputs.count) >>
  ---
  apiVersion: v1
  kind: ConfigMap
  metadata: {name: "api-<< inputs.id >>-<< . >>-` + long + `", namespace: NS}
  << end >>
`)
	export(1, 1)
	b.run()
	export(1, 9000, 1)
	for range 2 {
		b.later(time.Hour)
		set := b.run()
		for _, id := range []string{"1", "3"} {
			if good := previewOf(t, set, id); good.Ready != metav1.ConditionTrue {
				t.Errorf("the preview is %+v", good)
			}
		}
		bad := previewOf(t, set, "2")
		if bad.Ready != metav1.ConditionFalse || !strings.Contains(bad.Message, "its 9000 objects take") || !strings.Contains(bad.Message, "of the 1200 KiB") {
			t.Errorf("the preview is %+v", bad)
		}
		if n := len(set.Status.Inventory.Entries); n != 3 {
			t.Errorf("the inventory has %d entries", n)
		}
	}
	export(1, 2, 1)
	b.later(time.Hour)
	if good := previewOf(t, b.run(), "2"); good.Ready != metav1.ConditionTrue {
		t.Errorf("the preview is %+v", good)
	}
}

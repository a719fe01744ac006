package templater

import (
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/eddy-previews/eddy/internal/rollout"
)

func TestWhatIsMoreThanIsLookedAtIsNotHeldInMemory(t *testing.T) {
	b := newBench(t)
	for n := range 5 {
		b.create(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "of-five-" + strconv.Itoa(n), Namespace: b.namespace}})
	}
	place := rollout.Place{GroupVersionKind: corev1.SchemeGroupVersion.WithKind("ConfigMap"), Namespace: b.namespace}
	for _, c := range []struct {
		most int
		want string
	}{
		{3, "there are more than 3 objects of kind ConfigMap in namespace " + b.namespace + ", which is as many as are looked at"},
		{4, "there are more than 4 objects"}, {6, ""}, {mostListed, ""},
	} {
		found, err := lister{server.Client, c.most}.list(t.Context(), place)
		switch {
		case c.want == "" && (err != nil || len(found) < 5 || len(found[0].GetManagedFields()) > 0):
			t.Errorf("of %d at most it finds %d, %v", c.most, len(found), err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) || found != nil):
			t.Errorf("of %d at most it finds %d, %v", c.most, len(found), err)
		}
	}
}

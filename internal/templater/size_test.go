package templater

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

func TestTheSizeOfALineIsThatOfItsJSON(t *testing.T) {
	since := metav1.NewTime(time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC))
	full := v1.PreviewStatus{
		ID: "7", Provider: "prs", Ready: "False", Reason: "DeployFailed", Message: "m", Objects: 12, Revision: "sha256:1",
		SHA: "c0ffee", ReadySHA: "beef", URL: "https://a.example.com", LastTransitionTime: since,
	}
	quoted := full
	quoted.Message = "a \"quoted\" <word> & ümlaut\n\u2028"
	for name, line := range map[string]v1.PreviewStatus{
		"all fields": full, "what has to be there": {ID: "7", Provider: "prs", Ready: "True", Reason: "R", LastTransitionTime: since},
		"no time": {ID: "7"}, "a text that is escaped": quoted,
	} {
		if got, want := sizeOfLine(line), size(line); got != want {
			t.Errorf("%s: it is %d, and not %d", name, got, want)
		}
	}
	for name, entry := range map[string]v1.ResourceRef{
		"all fields": {ID: "a_b__ConfigMap", Version: "v1", Input: "prs/7", Shared: true, Ended: "Succeeded:0123"},
		"the least":  {ID: "a_b__ConfigMap", Version: "v1"}, "a text that is escaped": {ID: "a_b__ConfigMap", Version: "v1", Input: `prs/"ü"`},
	} {
		if got, want := sizeOfEntry(entry), size(entry); got != want {
			t.Errorf("an entry with %s: it is %d, and not %d", name, got, want)
		}
	}
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "previews", ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "eddy"}}}}
	bare := size(&v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "previews"}})
	set.Status.Previews = []v1.PreviewStatus{full}
	if got := sizeWithoutPreviews(set); got != bare {
		t.Errorf("a set without its previews is %d, and not %d", got, bare)
	}
}

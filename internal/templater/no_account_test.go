package templater

import (
	"strings"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

func TestASetWhoseAccountDoesNotExistSaysSo(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.set(perInput + "\nserviceAccountName: nobody\n")
	b.wantReady(b.run(), metav1.ConditionFalse, v1.ReasonPreviewsFailed,
		"account "+b.namespace+"/nobody does not exist: create it with the permissions that previews need")
}

func TestASetWhoseAccountMayNotIsNotSaidToHaveNone(t *testing.T) {
	b := newBench(t)
	b.provider("prs", "1")
	b.account("timid")
	b.set(perInput + "\nserviceAccountName: timid\n")
	set := b.run()
	b.wantReady(set, metav1.ConditionFalse, v1.ReasonPreviewsFailed, "forbidden")
	if got := conditions.GetMessage(set, meta.ReadyCondition); strings.Contains(got, "does not exist") {
		t.Errorf("Ready says %q", got)
	}
}

package preview_test

import (
	"slices"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
)

func TestAKeyIsReadAsItIsWritten(t *testing.T) {
	for text, want := range map[string]preview.Key{
		"api-prs/1234":        {Provider: "api-prs", ID: "1234"},
		"images/v1/2":         {Provider: "images", ID: "v1/2"},
		"api-prs/#2":          {Provider: "api-prs", ID: "#2"},
		"api=12/web=7/998877": {Provider: "api=12/web=7", ID: "998877"},
	} {
		if got := preview.ParseKey(text); got != want || got.String() != text {
			t.Errorf("%s is read as %#v, and written %s", text, got, got)
		}
	}
	if got := preview.ParseKey("api-prs"); got != (preview.Key{Provider: "api-prs"}) {
		t.Errorf("what has no slash is read as %#v", got)
	}
}

func TestAPermutationHasThePartsThatItCombines(t *testing.T) {
	want := []preview.Key{{Provider: "api", ID: "12"}, {Provider: "web", ID: "7"}}
	if got := preview.ParseKey("api=12/web=7/998877").Parts(); !slices.Equal(got, want) {
		t.Errorf("the parts are %v", got)
	}
	want = []preview.Key{{Provider: "regions", ID: "eu west/1"}, {Provider: "api", ID: "12"}, {Provider: "web", ID: "#3"}}
	if got := preview.ParseKey("regions=eu+west%2F1/api=12#2/web=#3/998877").Parts(); !slices.Equal(got, want) {
		t.Errorf("the parts of odd ids are %v", got)
	}
	alone := preview.ParseKey("api-prs/1")
	if got := alone.Parts(); alone.IsPermutation() || !slices.Equal(got, []preview.Key{alone}) {
		t.Errorf("what combines nothing has the parts %v", got)
	}
}

func TestThereIsOneWordForWhatAPreviewIsIn(t *testing.T) {
	for _, c := range []struct {
		ready  metav1.ConditionStatus
		reason string
		want   preview.State
	}{
		{metav1.ConditionTrue, meta.ReconciliationSucceededReason, preview.Ready},
		{metav1.ConditionFalse, meta.HealthCheckFailedReason, preview.Failed},
		{metav1.ConditionUnknown, meta.ProgressingReason, preview.Deploying},
		{metav1.ConditionUnknown, v1.ReasonReconciliationDisabled, preview.Suspended},
		{metav1.ConditionFalse, "Terminating", preview.Removed},
		{metav1.ConditionUnknown, "Gone", preview.Removed},
	} {
		if got := preview.StateOf(c.ready, c.reason); got != c.want {
			t.Errorf("%s, %s is %s, want %s", c.ready, c.reason, got, c.want)
		}
	}
}

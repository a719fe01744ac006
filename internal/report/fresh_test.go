package report

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/runtime/conditions"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// Each change is made by somebody else while a run is at work.
func TestAResultIsSavedUnlessWhatItIsMadeOfHasChanged(t *testing.T) {
	cases := []struct {
		name   string
		change func(*v1.ResourceSetInputProvider) error
		saved  bool
	}{
		{name: "an annotation says nothing of the result", saved: true, change: func(p *v1.ResourceSetInputProvider) error {
			p.Annotations = map[string]string{"reconcile.fluxcd.io/requestedAt": "now"}
			return nil
		}},
		{name: "nor does a label", saved: true, change: func(p *v1.ResourceSetInputProvider) error {
			p.Labels = map[string]string{"team": "web"}
			return nil
		}},
		{name: "nor does what requests were told", saved: true, change: func(p *v1.ResourceSetInputProvider) error {
			p.Status.Feedback = []v1.FeedbackStatus{{ID: "1", Comment: "7"}}
			conditions.MarkTrue(p, v1.FeedbackReadyCondition, "Told", "theirs")
			return nil
		}},
		{name: "another spec has another result", change: func(p *v1.ResourceSetInputProvider) error {
			p.Spec.DefaultValues = v1.ResourceSetInput{"env": {Raw: []byte(`"dev"`)}}
			return nil
		}},
		{name: "another status is not written over", change: func(p *v1.ResourceSetInputProvider) error {
			p.Status.LastExportedRevision = "theirs"
			return nil
		}},
		{name: "what is being deleted is looked at anew", change: func(p *v1.ResourceSetInputProvider) error {
			return server.Client.Delete(context.Background(), p.DeepCopy())
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.provider.Finalizers = []string{v1.Finalizer}
			if err := server.Client.Update(context.Background(), b.provider); err != nil {
				t.Fatal(err)
			}
			b.meanwhile(c.change)
			before, after := b.provider.DeepCopy(), b.provider.DeepCopy()
			conditions.MarkTrue(after, "Ready", "Fine", "mine")
			err := b.Save(context.Background(), before, after)
			if (err == nil) != c.saved || err != nil && !apierrors.IsConflict(err) {
				t.Errorf("it ends with %v", err)
			}
			found := &v1.ResourceSetInputProvider{}
			if err := server.Client.Get(context.Background(), client.ObjectKeyFromObject(before), found); err != nil || conditions.IsReady(found) != c.saved {
				t.Errorf("the status is %+v, %v", found.Status, err)
			}
			if strings.Contains(c.name, "told") && (len(found.Status.Feedback) != 1 || !conditions.IsTrue(found, v1.FeedbackReadyCondition)) {
				t.Errorf("what another controller has written is gone: %+v", found.Status)
			}
			if c.saved && after.ResourceVersion != found.ResourceVersion {
				t.Errorf("what was saved is of version %s, want %s", after.ResourceVersion, found.ResourceVersion)
			}
		})
	}
}

// meanwhile changes the provider behind the back of who has read it.
func (b *bench) meanwhile(change func(*v1.ResourceSetInputProvider) error) {
	b.t.Helper()
	base := b.provider.DeepCopy()
	theirs := b.provider.DeepCopy()
	if err := change(theirs); err != nil {
		b.t.Fatal(err)
	}
	patch := client.MergeFrom(base)
	if err := server.Client.Patch(context.Background(), theirs.DeepCopy(), patch); err != nil {
		b.t.Fatal(err)
	}
	if err := server.Client.Status().Patch(context.Background(), theirs, patch); err != nil {
		b.t.Fatal(err)
	}
}

func TestAResultIsSavedHoweverOftenTheObjectIsAnnotated(t *testing.T) {
	b := newBench(t)
	stop, ended := make(chan struct{}), make(chan struct{})
	annotated := b.provider.DeepCopy()
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(20 * time.Millisecond):
				patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"annotations":{"at":"`+time.Now().String()+`"}}}`))
				_ = server.Client.Patch(context.Background(), annotated, patch) // the next one is on its way
			}
		}
	}()
	for n := range 10 {
		before, after := b.provider.DeepCopy(), b.provider.DeepCopy()
		conditions.MarkTrue(after, "Ready", "Fine", "%d", n)
		if err := b.Save(context.Background(), before, after); err != nil {
			t.Fatalf("the %dth result is not saved: %v", n+1, err)
		}
		b.provider = after
	}
	close(stop)
	<-ended
}

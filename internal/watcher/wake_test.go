package watcher

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
)

// Whoever may set one annotation wakes a provider, whatever its interval: the last step of
// CI, or what hears of comments.
func TestWhoAsksForARunWaitsForNoInterval(t *testing.T) {
	b, f, r := newBench(t), forge.NewGitea(t), forge.NewRegistry(t)
	f.Permit("grace", "write")
	b.gated(f, r, nil)
	b.Now = time.Now
	provider := &v1.ResourceSetInputProvider{}
	read := func() error {
		return server.Client.Get(context.Background(), client.ObjectKey{Namespace: b.namespace, Name: "prs"}, provider)
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	provider.Annotations = map[string]string{v1.ReconcileEveryAnnotation: "24h"}
	provider.Spec.Forks = &v1.Forks{Policy: v1.ForksApprove}
	if err := server.Client.Update(t.Context(), provider); err != nil {
		t.Fatal(err)
	}
	wake := func() {
		t.Helper()
		patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, meta.ReconcileRequestAnnotation, time.Now().Format(time.RFC3339Nano))
		if err := server.Client.Patch(t.Context(), provider, client.RawPatch("application/merge-patch+json", []byte(patch))); err != nil {
			t.Fatal(err)
		}
	}
	f.Open(forge.Request{SHA: shaA, Fork: true, Author: "ada"})
	b.live()
	gomega.NewWithT(t).Eventually(func() string { return fmt.Sprint(read(), heldBy(provider)) }, 15*time.Second).Should(gomega.ContainSubstring("WaitingForApproval"))
	f.Say(1, "grace", "/preview "+shaA)
	r.Push(t, "", shaA)
	began := time.Now()
	wake()
	b.eventually("1@" + shaA)
	t.Logf("%s after it was asked for", time.Since(began).Round(time.Millisecond))
}

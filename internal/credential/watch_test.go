package credential_test

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/metadata"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/credential"
)

// watch starts a Watch that ends with the test.
func watch(t *testing.T) *credential.Watch {
	t.Helper()
	server.Require(t)
	metadata, err := metadata.NewForConfig(server.Config)
	if err != nil {
		t.Fatal(err)
	}
	w := credential.NewWatch(metadata)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Start(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return w
}

// woken returns the providers that are told of within a second, or as soon as
// there are as many as expected.
func woken(w *credential.Watch, expected int) map[string]bool {
	got := map[string]bool{}
	timeout := time.After(time.Second)
	for len(got) < expected || expected == 0 {
		select {
		case event := <-w.Events():
			got[event.Object.GetName()] = true
		case <-timeout:
			return got
		}
	}
	return got
}

func TestAChangedSecretWakesThoseWhoReferToIt(t *testing.T) {
	b := newBench(t)
	w := watch(t)
	ctx := context.Background()
	provider := func(name string) credential.Follower {
		return credential.Follower{NamespacedName: types.NamespacedName{Namespace: b.namespace, Name: name}, Field: "spec.secretRef"}
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "auth"}, StringData: map[string]string{"password": "old"}}
	b.create(secret)
	w.Follow(ctx, provider("one"), []string{"auth", "absent"})
	w.Follow(ctx, provider("two"), []string{"auth"})
	w.Follow(ctx, provider("three"), []string{"other"})

	change := func(act func() error, expected int, who string) {
		t.Helper()
		if err := act(); err != nil {
			t.Fatal(err)
		}
		if got := woken(w, expected); len(got) != expected || who != "" && !got[who] {
			t.Fatalf("woke %v", got)
		}
	}
	change(func() error {
		secret.StringData = map[string]string{"password": "new"}
		return server.Client.Update(ctx, secret)
	}, 2, "one")
	change(func() error {
		return server.Client.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "absent", Namespace: b.namespace}})
	}, 1, "one")
	change(func() error {
		return server.Client.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "unrelated", Namespace: b.namespace}})
	}, 0, "")
	w.Follow(ctx, provider("one"), nil)
	change(func() error { return server.Client.Delete(ctx, secret) }, 1, "two")
	w.Follow(ctx, provider("two"), nil)
	change(func() error {
		return server.Client.Delete(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "absent", Namespace: b.namespace}}, &client.DeleteOptions{})
	}, 0, "")
}

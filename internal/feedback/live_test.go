package feedback

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/test/forge"
	"github.com/eddy-previews/eddy/test/rig"
)

// live lets the controller run by itself, on the namespace of a bench and by the clock
// of this machine.
func (b *bench) live() {
	b.t.Helper()
	manager, err := ctrl.NewManager(server.Config, ctrl.Options{
		Scheme: server.Client.Scheme(), Metrics: metricsserver.Options{BindAddress: "0"},
		Cache:      cache.Options{DefaultNamespaces: map[string]cache.Config{b.namespace: {}}},
		Controller: config.Controller{SkipNameValidation: ptr.To(true)},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	secrets, err := metadata.NewForConfig(server.Config)
	if err != nil {
		b.t.Fatal(err)
	}
	b.f.Clock(time.Now)
	b.Client, b.Now = manager.GetClient(), time.Now
	b.Credentials.Watch = credential.NewWatch(secrets)
	if err := b.SetupWithManager(manager, controller.Options{MaxConcurrentReconciles: 4}); err != nil {
		b.t.Fatal(err)
	}
	rig.Manage(b.t, manager)
}

// soon waits until something is so, and returns how long that took.
func soon(t *testing.T, what string, is func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for time.Since(began) < 20*time.Second {
		if is() {
			return time.Since(began)
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("not within 20s: %s", what)
	return 0
}

func TestAStateIsToldWithinTwoSeconds(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.f.Open(forge.Request{})
	b.watch("api", v1.Feedback{})
	b.live()
	for _, step := range []struct {
		is   []state
		says string
	}{
		{[]state{{id: "1", sha: sha(1), ready: "Unknown"}}, "## Preview: deploying"},
		{[]state{{id: "1", sha: sha(1), ready: "False", message: "broken"}}, "## Preview: failed"},
		{[]state{{id: "1", sha: sha(2), ready: "Unknown"}}, "## Preview: deploying"},
		{[]state{{id: "1", sha: sha(2), ready: "True"}}, "## Preview: ready"},
		{nil, "## Preview: removed"},
	} {
		b.is("api", step.is...)
		took := soon(t, step.says, func() bool {
			all := b.f.Comments(1)
			return len(all) == 1 && strings.Contains(all[0].Text, step.says)
		})
		if took > 2*time.Second {
			t.Errorf("%s took %s", step.says, took)
		}
	}
}

func TestASecretThatIsReplacedWakesWhoTellsWithIt(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.f.Open(forge.Request{})
	b.create(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "write"}, StringData: map[string]string{"username": "flux", "password": "expired"}})
	b.watch("api", v1.Feedback{SecretRef: &meta.LocalObjectReference{Name: "write"}})
	b.is("api", state{id: "1", sha: sha(1), ready: "True"})
	b.live()
	soon(t, "a condition", func() bool { return len(b.provider("api").Status.Conditions) == 1 })
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "write", Namespace: b.namespace}, StringData: map[string]string{"username": "flux", "password": forge.Token}}
	if err := server.Client.Update(context.Background(), secret); err != nil {
		t.Fatal(err)
	}
	soon(t, "a comment", func() bool { return len(b.f.Comments(1)) == 1 })
}

func TestAThousandRequestsAtRestCostNoRequest(t *testing.T) {
	b := newBench(t, forge.NewGitea(t))
	b.watch("api", v1.Feedback{Comment: v1.FeatureDisabled})
	var all []state
	for n := range 1000 {
		b.f.Open(forge.Request{})
		all = append(all, state{id: fmt.Sprint(n + 1), sha: sha(n + 1), ready: "True", url: previewURL})
	}
	b.is("api", all...)
	patient := b.now
	b.memory.budget = newBudget(func() time.Time { patient = patient.Add(time.Minute); return patient })
	b.run("api")
	asked := b.f.Asked()
	b.restart()
	for range 5 {
		b.now = b.now.Add(time.Hour)
		b.run("api")
	}
	if b.f.Asked() != asked || b.result.RequeueAfter != 0 {
		t.Errorf("%d requests to the forge, and it runs again after %s", b.f.Asked()-asked, b.result.RequeueAfter)
	}
	lines := b.provider("api").Status.Feedback
	text, err := json.Marshal(lines)
	if err != nil || len(lines) != 1000 {
		t.Fatalf("%d were told: %v", len(lines), err)
	}
	const most = 300 << 10 // beside the inputs, of what a provider may take
	if len(text) > most {
		t.Errorf("what they were told takes %d KiB", len(text)>>10)
	}
	t.Logf("what a request was told takes %d bytes", len(text)/len(lines))
}

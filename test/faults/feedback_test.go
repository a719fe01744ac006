package faults_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/forge"
	"github.com/eddy-previews/eddy/test/rig"
)

// Requests to the forge that tell of a push: three pages of comments, the comment and a
// status, and before that, that the comment is gone; where it is there, two.
const (
	stepsAnew = 6
	steps     = 2
)

// An operator that is killed at each step of telling a request, before or after the forge
// has done what it was asked for, leaves one comment, which is true in the end. Before
// every other end somebody has deleted it, so that there is one to be made; and whoever comes
// after that has to find it, or to see that there is none.
func TestAnOperatorThatIsKilledWhileItTellsLeavesOneComment(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitea(t)
	f.Clock(time.Now)
	f.Open(forge.Request{})
	for n := range 120 { // so that its own is on the third page
		f.Say(1, "ada", fmt.Sprint("about ", n))
	}
	tells(t, b, f)
	died, sha := map[string]int{}, ""
	for n, ends := 0, 0; ends < *kills; n++ {
		sha = fmt.Sprintf("%07x%033x", n+2, n+2) // which its first letters tell apart
		at := moment{nth: 1 + n/4%steps, done: forge.Doing(n / 2 % 2)}
		if n%2 == 0 {
			at.nth = 1 + n/4%stepsAnew
			for _, one := range own(f) {
				f.Uncomment(one.ID)
			}
		}
		operator := b.operator(t)
		if at.end(f, operator, sha) {
			ends++
			died[at.String()]++
		}
		if ours := own(f); len(ours) > 1 {
			t.Fatalf("after %d ends there are %d comments", n+1, len(ours))
		}
	}
	t.Logf("it was killed with the request: %v", died)
	b.operator(t)
	deadline := time.Now().Add(2 * time.Minute)
	for !saysReady(f, sha) {
		if time.Now().After(deadline) {
			t.Fatalf("in the end there are %+v", own(f))
		}
		time.Sleep(100 * time.Millisecond)
	}
	if all := f.Comments(1); len(all) != 121 {
		t.Errorf("there are %d comments, want 121", len(all))
	}
}

// moment is when an operator is killed: with the nth request to the forge, before or
// after that is done.
type moment struct {
	nth  int
	done forge.Doing
}

// String says when that is.
func (m moment) String() string {
	return fmt.Sprint(m.nth, map[forge.Doing]string{forge.Undone: " before", forge.Done: " after"}[m.done])
}

// end pushes a commit, and kills the operator at the moment; false where it had told of
// the commit with fewer requests, and was killed at rest.
func (m moment) end(f *forge.Forge, operator *rig.Operator, sha string) bool {
	defer f.Mend()
	ended := make(chan struct{})
	f.Break(f.Final(m.nth, m.done, func() {
		operator.Kill()
		close(ended)
	}))
	f.Push(1, sha)
	for began := time.Now(); time.Since(began) < 30*time.Second && !saysReady(f, sha); {
		select {
		case <-ended:
			return true
		case <-time.After(20 * time.Millisecond):
		}
	}
	select {
	case <-ended:
		return true
	case <-time.After(time.Second):
	}
	operator.Kill()
	return false
}

// tells creates a provider that tells the requests of a forge, and a set that uses it.
func tells(t *testing.T, b *bench, f *forge.Forge) {
	t.Helper()
	namespace, err := b.Namespace(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Name: "previews", Namespace: namespace}}
	if err := yaml.UnmarshalStrict([]byte(`
inputsFrom: [{kind: ResourceSetInputProvider, name: prs}]
resources: [{apiVersion: v1, kind: ConfigMap, metadata: {name: "api-<< inputs.id >>"}, data: {sha: "<< inputs.sha >>"}}]`), &set.Spec); err != nil {
		t.Fatal(err)
	}
	for _, object := range []client.Object{
		&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "login", Namespace: namespace}, StringData: map[string]string{"username": "flux", "password": forge.Token}},
		&v1.ResourceSetInputProvider{
			ObjectMeta: metav1.ObjectMeta{Name: "prs", Namespace: namespace, Annotations: map[string]string{v1.ReconcileEveryAnnotation: "1s"}},
			Spec:       v1.ResourceSetInputProviderSpec{Type: f.Type, URL: f.URL, SecretRef: &meta.LocalObjectReference{Name: "login"}, Feedback: &v1.Feedback{}},
		},
		set,
	} {
		if err := b.Client.Create(context.Background(), object); err != nil {
			t.Fatal(err)
		}
	}
}

// own are the comments of Eddy.
func own(f *forge.Forge) []forge.Comment {
	var out []forge.Comment
	for _, one := range f.Comments(1) {
		if strings.Contains(one.Text, "<!-- eddy:v1 ") {
			out = append(out, one)
		}
	}
	return out
}

func saysReady(f *forge.Forge, sha string) bool {
	ours, statuses := own(f), f.Statuses(sha)
	return len(ours) == 1 && strings.Contains(ours[0].Text, "## Preview: ready") && strings.Contains(ours[0].Text, sha[:7]) &&
		len(statuses) > 0 && statuses[len(statuses)-1].State == "success"
}

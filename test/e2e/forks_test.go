package e2e_test

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/fluxcd/pkg/apis/meta"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// guest is a pull request from a fork of reader's, on which people of different rights
// speak: reader may read the repository, writer write to it, and boss administers it.
type guest struct{ actors.PullRequest }

func newGuest(t *testing.T) *guest {
	t.Helper()
	guarded(t)
	for name, permission := range map[string]string{"reader": "read", "writer": "write", "boss": "admin"} {
		must(t, world.Forge.Person(t.Context(), name, permission))
	}
	pr, err := world.Forge.OpenFromFork(t.Context(), "reader", "From a fork")
	must(t, err)
	t.Cleanup(func() { _ = world.Forge.Close(context.Background(), pr) }) // the test closes it itself
	return &guest{pr}
}

func (g *guest) say(t *testing.T, name, text string) {
	t.Helper()
	must(t, world.Forge.SayAs(t.Context(), name, g.PullRequest, text))
}

// waits pushes, and wants the new commit to wait and what runs to stay.
func (g *guest) waits(t *testing.T) {
	t.Helper()
	before, err := g.PullRequest, error(nil)
	g.PullRequest, err = world.Forge.PushToFork(t.Context(), "reader", before)
	must(t, err)
	expect(t, approvalHeld(g.PullRequest, "waits for approval of its commit"))
	still(t, guardedAt(g.PullRequest, before.SHA, ""))
	time.Sleep(time.Second) // the forge counts in seconds
}

// TestAForksCommitWaitsForSomebodyWhoMay plays it at a real Gitea.
func TestAForksCommitWaitsForSomebodyWhoMay(t *testing.T) {
	g := newGuest(t)
	t.Run("nobody has approved of it", func(t *testing.T) {
		expect(t, approvalHeld(g.PullRequest, "comment /preview "+g.SHA))
		still(t, guardedAt(g.PullRequest, "", ""))
	})
	t.Run("its author may not", func(t *testing.T) {
		g.say(t, "reader", "/preview "+g.SHA)
		expect(t, approvalHeld(g.PullRequest, "reader wrote it"))
		still(t, guardedAt(g.PullRequest, "", ""))
	})
	t.Run("who may write names the commit", func(t *testing.T) {
		g.say(t, "writer", "Looks good to me.\n\n/preview "+g.SHA)
		expect(t, guardedAt(g.PullRequest, g.SHA, "writer"))
	})
	t.Run("a push waits again, and what runs stays", g.waits)
	t.Run("the owner approves in a review", func(t *testing.T) {
		id, err := world.Forge.ReviewAs(t.Context(), "boss", g.PullRequest)
		must(t, err)
		expect(t, guardedAt(g.PullRequest, g.SHA, "boss"))
		must(t, world.Forge.Dismiss(t.Context(), g.PullRequest, id))
		expect(t, approvalHeld(g.PullRequest, "waits for approval of its commit"))
		still(t, guardedAt(g.PullRequest, g.SHA, "boss"))
	})
	t.Run("a push waits again", g.waits)
	t.Run("who names no commit means what was pushed before", func(t *testing.T) {
		g.say(t, "writer", "/preview")
		expect(t, guardedAt(g.PullRequest, g.SHA, "writer"))
	})
	t.Run("a push waits once more", g.waits)
	t.Run("a label counts that is newer than the push", func(t *testing.T) {
		must(t, world.Forge.LabelAs(t.Context(), "writer", g.PullRequest, "preview/approved"))
		expect(t, guardedAt(g.PullRequest, g.SHA, "writer"))
	})
	g.ends(t)
}

// ends approves by the cluster, and takes it back.
func (g *guest) ends(t *testing.T) {
	t.Helper()
	t.Run("the label is older than the next push", g.waits)
	t.Run("an administrator of the cluster approves", func(t *testing.T) {
		out, code := eddy(t.Context(), t, "approve", "guarded/"+g.ID(), "-n", actors.Namespace, "--yes", "--commit", g.SHA)
		equal(t, code, 0)
		t.Log("\n" + out)
		expect(t, guardedAt(g.PullRequest, g.SHA, "annotation"))
	})
	t.Run("a restart keeps it", func(t *testing.T) {
		must(t, world.RestartOperator())
		g.say(t, "reader", "Thank you.")
		still(t, guardedAt(g.PullRequest, g.SHA, "annotation"))
		g.waits(t)
	})
	t.Run("what is taken back waits", func(t *testing.T) {
		g.say(t, "boss", "/preview "+g.SHA)
		expect(t, guardedAt(g.PullRequest, g.SHA, "boss"))
		time.Sleep(time.Second) // the forge counts in seconds
		g.say(t, "writer", "/preview revoke")
		expect(t, approvalHeld(g.PullRequest, "writer took it back"))
		still(t, guardedAt(g.PullRequest, g.SHA, "boss"))
	})
	t.Run("who takes over a login may not approve, and who had it may", func(t *testing.T) {
		before := g.SHA
		g.waits(t)
		must(t, world.Forge.TakeOver(t.Context(), "writer", "writer-was"))
		g.say(t, "writer", "/preview "+g.SHA)
		still(t, guardedAt(g.PullRequest, before, "boss"))
		g.say(t, "writer-was", "/preview "+g.SHA)
		expect(t, guardedAt(g.PullRequest, g.SHA, "writer-was"))
	})
	t.Run("closed, it is gone", func(t *testing.T) {
		must(t, world.Forge.Close(t.Context(), g.PullRequest))
		expect(t, guardedAt(g.PullRequest, "", ""))
	})
}

// guarded watches the same repository by another provider, which wants commits from
// forks to be approved of, and stamps out a ConfigMap.
func guarded(t *testing.T) {
	t.Helper()
	token, err := world.Forge.ApprovalToken(t.Context())
	must(t, err)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "guarded", Namespace: actors.Namespace}, StringData: map[string]string{"username": "eddy", "password": token}}
	must(t, world.Kube.Create(t.Context(), secret))
	leave(t, "guarded", secret)
	beside(t, "guarded", func(spec *v1.ResourceSetInputProviderSpec) {
		spec.SecretRef = &meta.LocalObjectReference{Name: "guarded"}
		spec.Forks = &v1.Forks{Policy: v1.ForksApprove, By: []string{v1.ByComment, v1.ByReview, v1.ByLabel}, Label: "preview/approved"}
	}, `
    - apiVersion: v1
      kind: ConfigMap
      metadata: {name: "guarded-<< inputs.id >>", namespace: app-dev}
      data: {commit: << inputs.sha | quote >>, approvedBy: << get inputs "approvedBy" | quote >>}
`)
}

// approvalHeld claims that a request waits for an approval, in these words.
func approvalHeld(pr actors.PullRequest, words string) actors.Claim {
	return heldBy("guarded", pr, words, func(line v1.HeldRequest) bool {
		return line.Reason == v1.HeldWaitingForApproval && strings.Contains(line.Message, words)
	})
}

// guardedAt claims that the preview of a request is at a commit, approved by somebody;
// that there is none where that is empty.
func guardedAt(pr actors.PullRequest, sha, by string) actors.Claim {
	switch {
	case sha == "":
		return noteIs("guarded", pr, nil)
	case by == "":
		return noteIs("guarded", pr, map[string]string{"commit": sha})
	default:
		return noteIs("guarded", pr, map[string]string{"commit": sha, "approvedBy": by})
	}
}

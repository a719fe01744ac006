package e2e_test

import (
	"context"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// unseen is a set whose account may manage Deployments, and see nothing that they make.
const unseen = `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: broken, namespace: unseen}
spec:
  serviceAccountName: deployer
  readiness: {within: 20s}
  inputs: [{id: runs, sha: c0ffee, tag: "1"}, {id: image, sha: c0ffee, tag: none}]
  resources:
  - apiVersion: apps/v1
    kind: Deployment
    metadata: {name: << inputs.id >>, namespace: unseen}
    spec:
      selector: {matchLabels: {app: << inputs.id >>}}
      template:
        metadata: {labels: {app: << inputs.id >>}}
        spec:
          terminationGracePeriodSeconds: 0
          containers: [{name: app, image: "unseen:<< inputs.tag >>", imagePullPolicy: Never}]
`

// Who may not see pods is told that a workload is late, and what was not seen; what runs
// needs no look at pods.
func TestWithoutTheRightToSeePodsItIsSaidWhatIsNotSeen(t *testing.T) {
	if world.System.Node == nil {
		t.Skip("no pods run here: " + strings.Join(world.System.Missing, "; "))
	}
	must(t, world.Programs.Image(t.Context(), world.System.Dir, "docker.io/library/unseen:1", "unseen"))
	namespace(t, "unseen")
	must(t, world.Apply(t.Context(),
		`{apiVersion: v1, kind: ServiceAccount, metadata: {name: deployer, namespace: unseen}}`,
		`{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: deployer, namespace: unseen},
		  rules: [{apiGroups: [apps], resources: [deployments], verbs: ["*"]}]}`,
		`{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: deployer, namespace: unseen},
		  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: deployer}, subjects: [{kind: ServiceAccount, name: deployer, namespace: unseen}]}`,
		unseen))
	t.Cleanup(func() {
		set := &v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: "unseen", Name: "broken"}}
		if err := world.Kube.Delete(context.Background(), set); err != nil {
			t.Error(err)
		}
	})
	for _, way := range []broken{
		{"runs", ``, "ReconciliationSucceeded", `^$`, ""},
		{"image", ``, "RolloutFailed", `^Deployment/image: .*not all of what it deployed is seen: .*cannot list resource "(replicasets|pods|events)".*; it had 20s to get ready`, "image"},
	} {
		t.Run(way.id, func(t *testing.T) { way.playIn(t, "unseen") })
	}
}

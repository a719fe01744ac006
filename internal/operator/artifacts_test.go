package operator_test

import (
	"context"
	"testing"
	"time"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/runtime/conditions"
	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	"github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// The operator itself may read all of them.
func TestArtifactsOfAnotherNamespaceAreReadAsTheDefaultAccount(t *testing.T) {
	home, other := server.Namespace(t), server.Namespace(t)
	g := gomega.NewWithT(t)
	g.SetDefaultEventuallyTimeout(20 * time.Second)
	provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: "artifacts", Namespace: home}}
	provider.Spec.Type = v1.InputProviderExternalArtifact
	provider.Spec.Selectors = []v1.ArtifactSelector{{Namespace: other, LabelSelector: metav1.LabelSelector{MatchLabels: map[string]string{"team": "web"}}}}
	for _, object := range []client.Object{
		&sourcev1.ExternalArtifact{ObjectMeta: metav1.ObjectMeta{Name: "secret-plans", Namespace: other, Labels: map[string]string{"team": "web"}}},
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "previews", Namespace: home}},
		provider,
	} {
		g.Expect(server.Client.Create(context.Background(), object)).To(gomega.Succeed())
	}
	start(t, "--watch-namespaces="+home+","+other, "--default-service-account=previews")
	message := func() string {
		g.Expect(server.Client.Get(context.Background(), client.ObjectKeyFromObject(provider), provider)).To(gomega.Succeed())
		return conditions.GetMessage(provider, meta.ReadyCondition)
	}
	g.Eventually(message).Should(gomega.And(gomega.ContainSubstring("spec.selectors[0]"),
		gomega.ContainSubstring(`"system:serviceaccount:`+home+`:previews" cannot list`), gomega.ContainSubstring(`"`+other+`"`)))
	g.Expect(provider.Status.ExportedInputs).To(gomega.BeEmpty())

	named := metav1.ObjectMeta{Name: "reader", Namespace: other}
	for _, object := range []client.Object{
		&rbacv1.Role{ObjectMeta: named, Rules: []rbacv1.PolicyRule{{APIGroups: []string{sourcev1.GroupVersion.Group}, Resources: []string{"externalartifacts"}, Verbs: []string{"list"}}}},
		&rbacv1.RoleBinding{ObjectMeta: named, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "reader"},
			Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "previews", Namespace: home}}},
	} {
		g.Expect(server.Client.Create(context.Background(), object)).To(gomega.Succeed())
	}
	g.Eventually(func() int { // it is tried again with backoff
		message()
		return len(provider.Status.ExportedInputs)
	}, time.Minute).Should(gomega.Equal(1))
}

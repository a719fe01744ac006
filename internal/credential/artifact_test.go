package credential_test

import (
	"strings"
	"testing"
	"time"

	sourcev1 "github.com/fluxcd/source-controller/api/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
)

// labelled selects by a label, in a namespace of its own or another.
func labelled(namespace, team string) v1.ArtifactSelector {
	return v1.ArtifactSelector{Namespace: namespace, LabelSelector: metav1.LabelSelector{MatchLabels: map[string]string{"team": team}}}
}

func TestSelectorsPickByNameByLabelAndByNamespace(t *testing.T) {
	b, other := newBench(t), newBench(t)
	artifact := func(where *bench, name, team string) *sourcev1.ExternalArtifact {
		out := &sourcev1.ExternalArtifact{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"team": team}}}
		where.create(out)
		return out
	}
	team := b.namespace // a label that no other test has
	all := []*sourcev1.ExternalArtifact{artifact(b, "api", team), artifact(b, "web", "other"), artifact(other, "api", team), artifact(other, "web", "other")}
	for name, c := range map[string]struct {
		selectors []v1.ArtifactSelector
		want      []bool
	}{
		"a name":              {[]v1.ArtifactSelector{{Name: "api"}}, []bool{true, false, false, false}},
		"a label":             {[]v1.ArtifactSelector{labelled("", team)}, []bool{true, false, false, false}},
		"another namespace":   {[]v1.ArtifactSelector{labelled(other.namespace, team)}, []bool{false, false, true, false}},
		"all namespaces":      {[]v1.ArtifactSelector{labelled("*", team)}, []bool{true, false, true, false}},
		"a name that is none": {[]v1.ArtifactSelector{{Name: "absent"}}, []bool{false, false, false, false}},
		"several":             {[]v1.ArtifactSelector{{Name: "web"}, labelled("*", team), {Name: "api"}}, []bool{true, true, true, false}},
	} {
		t.Run(name, func(t *testing.T) {
			provider := b.provider(v1.ResourceSetInputProviderSpec{Type: v1.InputProviderExternalArtifact, Selectors: c.selectors})
			count := 0
			for n, artifact := range all {
				if c.want[n] {
					count++
				}
				if got := credential.Selects(provider, artifact); got != c.want[n] {
					t.Errorf("%s/%s is selected: %v", artifact.Namespace, artifact.Name, got)
				}
			}
			b := &bench{t: t, namespace: b.namespace, Reader: b.Reader}
			b.want(provider, count)
		})
	}
}

func TestAnAccountReadsWhatItMayRead(t *testing.T) {
	for name, account := range map[string]struct{ named, fallback string }{
		"that the provider names": {named: "reader"}, "the default": {fallback: "reader"},
	} {
		t.Run(name, func(t *testing.T) { readAs(t, account.named, account.fallback) })
	}
}

func readAs(t *testing.T, named, fallback string) {
	t.Helper()
	b := newBench(t)
	b.ServiceAccount = fallback
	b.As = func(namespace, name string) (client.Client, error) {
		config := rest.CopyConfig(server.Config)
		config.Impersonate = rest.ImpersonationConfig{UserName: "system:serviceaccount:" + namespace + ":" + name}
		return client.New(config, client.Options{Scheme: server.Client.Scheme()})
	}
	b.create(&sourcev1.ExternalArtifact{ObjectMeta: metav1.ObjectMeta{Name: "api"}})
	b.create(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "reader"}})
	provider := b.provider(v1.ResourceSetInputProviderSpec{
		Type: v1.InputProviderExternalArtifact, ServiceAccountName: named, Selectors: []v1.ArtifactSelector{{Name: "api"}},
	})
	if _, err := b.list(provider); err == nil || !strings.Contains(err.Error(), "spec.selectors[0]: ") || !strings.Contains(err.Error(), "forbidden") {
		t.Errorf("without permission: %v", err)
	}
	b.create(&rbacv1.Role{ObjectMeta: metav1.ObjectMeta{Name: "reader"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{sourcev1.GroupVersion.Group}, Resources: []string{"externalartifacts"}, Verbs: []string{"list"}},
	}})
	b.create(&rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: "reader"}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: "reader"},
		Subjects: []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Name: "reader", Namespace: b.namespace}},
	})
	for attempt := 0; ; attempt++ { // the API server takes a moment to know the binding
		items, err := b.list(provider)
		if err == nil && len(items) == 1 {
			return
		}
		if attempt == 100 {
			t.Fatalf("listed %v, %v", items, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

package ingress

import (
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestRequestGoesToTheServiceThatItsIngressNames(t *testing.T) {
	table := NewTable([]*networkingv1.Ingress{
		ingress("any", rule("", prefix("/", "fallback"))),
		ingress("one", rule("api-1.preview.example.com", prefix("/", "api-1"), prefix("/docs", "docs"), exact("/docs/index", "index"))),
		ingress("wild", rule("*.preview.example.com", prefix("/", "wild"))),
		ingress("upper", rule("API-2.preview.example.com", prefix("/", "api-2"))),
		ingress("narrow", rule("narrow.example.com", prefix("/only", "narrow"))),
	})
	for name, c := range map[string]struct{ host, path, want string }{
		"by host":              {"api-1.preview.example.com", "/", "api-1"},
		"by host, with a port": {"api-1.preview.example.com:8080", "/", "api-1"},
		"by host, in any case": {"Api-1.Preview.example.com", "/", "api-1"},
		"by host, whatever the case in the Ingress": {"api-2.preview.example.com", "/", "api-2"},
		"by host, with the root's dot":              {"api-1.preview.example.com.", "/", "api-1"},
		"the longer prefix first":                   {"api-1.preview.example.com", "/docs/a", "docs"},
		"a prefix is itself a match":                {"api-1.preview.example.com", "/docs", "docs"},
		"a prefix ends at an element":               {"api-1.preview.example.com", "/docsy", "api-1"},
		"an exact path before a prefix":             {"api-1.preview.example.com", "/docs/index", "index"},
		"a wildcard after a full host":              {"api-3.preview.example.com", "/", "wild"},
		"a wildcard is one label":                   {"a.b.preview.example.com", "/", "fallback"},
		"no host after all":                         {"elsewhere.example.com", "/", "fallback"},
		"a path that its host does not have":        {"narrow.example.com", "/other", "fallback"},
	} {
		t.Run(name, func(t *testing.T) {
			backend, ok := table.Match(c.host, c.path)
			if !ok || backend.Service != c.want {
				t.Errorf("%s%s goes to %q (%v), want %q", c.host, c.path, backend.Service, ok, c.want)
			}
		})
	}
}

func TestUnknownHostGoesNowhere(t *testing.T) {
	table := NewTable([]*networkingv1.Ingress{ingress("one", rule("a.example.com", prefix("/", "a")))})
	if backend, ok := table.Match("b.example.com", "/"); ok {
		t.Errorf("it goes to %+v", backend)
	}
}

func TestOnlyIngressesOfOurClassAreServed(t *testing.T) {
	for class, want := range map[string]bool{"": true, Class: true, "nginx": false} {
		one := ingress("one", rule("a.example.com", prefix("/", "a")))
		if class != "" {
			one.Spec.IngressClassName = &class
		}
		if _, got := NewTable([]*networkingv1.Ingress{one}).Match("a.example.com", "/"); got != want {
			t.Errorf("class %q: served %v, want %v", class, got, want)
		}
	}
}

func TestDefaultBackendTakesWhatNoRuleTakes(t *testing.T) {
	one := ingress("one", rule("a.example.com", prefix("/", "a")))
	backend := service("rest")
	one.Spec.DefaultBackend = &backend
	table := NewTable([]*networkingv1.Ingress{one})
	if got, _ := table.Match("b.example.com", "/x"); got.Service != "rest" {
		t.Errorf("it goes to %q, want rest", got.Service)
	}
	if got, _ := table.Match("a.example.com", "/x"); got.Service != "a" {
		t.Errorf("it goes to %q, want a", got.Service)
	}
}

func TestHostsAreListedOnce(t *testing.T) {
	table := NewTable([]*networkingv1.Ingress{
		ingress("two", rule("b.example.com", prefix("/", "b"), prefix("/x", "x"))),
		ingress("one", rule("a.example.com", prefix("/", "a"))),
	})
	hosts := table.Hosts()
	if len(hosts) != 2 || hosts[0] != "a.example.com" || hosts[1] != "b.example.com" {
		t.Errorf("hosts are %q", hosts)
	}
}

func ingress(name string, rules ...networkingv1.IngressRule) *networkingv1.Ingress {
	return &networkingv1.Ingress{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec:       networkingv1.IngressSpec{Rules: rules},
	}
}

func rule(host string, paths ...networkingv1.HTTPIngressPath) networkingv1.IngressRule {
	return networkingv1.IngressRule{Host: host, IngressRuleValue: networkingv1.IngressRuleValue{
		HTTP: &networkingv1.HTTPIngressRuleValue{Paths: paths},
	}}
}

func prefix(path, name string) networkingv1.HTTPIngressPath {
	return pathOf(path, networkingv1.PathTypePrefix, name)
}

func exact(path, name string) networkingv1.HTTPIngressPath {
	return pathOf(path, networkingv1.PathTypeExact, name)
}

func pathOf(path string, kind networkingv1.PathType, name string) networkingv1.HTTPIngressPath {
	return networkingv1.HTTPIngressPath{Path: path, PathType: &kind, Backend: service(name)}
}

func service(name string) networkingv1.IngressBackend {
	return networkingv1.IngressBackend{Service: &networkingv1.IngressServiceBackend{
		Name: name, Port: networkingv1.ServiceBackendPort{Number: 80},
	}}
}

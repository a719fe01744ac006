package flux_test

import (
	"testing"

	"github.com/eddy-previews/eddy/internal/flux"
)

func TestAnObjectSaysWhereItAnswers(t *testing.T) {
	const (
		ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: api}\n"
		route   = "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: api}\n"
	)
	for _, test := range []struct{ name, object, want string }{
		{"by the host of an ingress", ingress + "spec: {rules: [{host: api-1.example.com}]}", "http://api-1.example.com"},
		{"by https where its certificate is for the host", ingress + "spec: {tls: [{hosts: [api-1.example.com]}], rules: [{host: api-1.example.com}]}", "https://api-1.example.com"},
		{"also with a wildcard", ingress + "spec: {tls: [{hosts: ['*.example.com']}], rules: [{host: api-1.example.com}]}", "https://api-1.example.com"},
		{"a wildcard stands for one label", ingress + "spec: {tls: [{hosts: ['*.example.com']}], rules: [{host: a.b.example.com}]}", "http://a.b.example.com"},
		{"a certificate for another host is none", ingress + "spec: {tls: [{hosts: [example.com]}], rules: [{host: api-1.example.com}]}", "http://api-1.example.com"},
		{"a certificate that names no host is none", ingress + "spec: {tls: [{secretName: tls}], rules: [{host: api-1.example.com}]}", "http://api-1.example.com"},
		{"a pattern is no host", ingress + "spec: {rules: [{host: '*.example.com'}, {http: {}}, {host: api-1.example.com}]}", "http://api-1.example.com"},
		{"an ingress for any host does not say", ingress + "spec: {rules: [{http: {}}]}", ""},
		{"what is no rule does not count", ingress + "spec: {rules: [odd, {host: 7}]}", ""},
		{"by the name of a route", route + "spec: {hostnames: ['*.example.com', api-1.example.com]}", "http://api-1.example.com"},
		{"a route of a gateway's hosts does not say", route + "spec: {}", ""},
		{"an annotation counts most", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: api, annotations: {event.toolkit.fluxcd.io/preview-url: 'https://example.com/start'}}\nspec: {rules: [{host: api-1.example.com}]}", "https://example.com/start"},
		{"on any object", "{apiVersion: v1, kind: ConfigMap, metadata: {name: api, annotations: {event.toolkit.fluxcd.io/preview-url: 'https://example.com/start'}}}", "https://example.com/start"},
		{"an ingress of another group is none", "{apiVersion: example.com/v1, kind: Ingress, metadata: {name: api}, spec: {rules: [{host: api-1.example.com}]}}", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := flux.URL(parse(t, test.object)); got != test.want {
				t.Errorf("it is %q, want %q", got, test.want)
			}
		})
	}
}

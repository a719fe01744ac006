package ingress

import (
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestRequestsGoToTheReadyPodsOnThePodsPort(t *testing.T) {
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "api"},
		Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{
			{Name: "http", Port: 80}, {Name: "metrics", Port: 9090},
		}},
	}
	slice := &discoveryv1.EndpointSlice{
		Ports: []discoveryv1.EndpointPort{
			{Name: new("http"), Port: new(int32(8080))}, {Name: new("metrics"), Port: new(int32(9000))},
		},
		Endpoints: []discoveryv1.Endpoint{
			{Addresses: []string{"10.0.0.1"}, Conditions: discoveryv1.EndpointConditions{Ready: new(true)}},
			{Addresses: []string{"10.0.0.2"}, Conditions: discoveryv1.EndpointConditions{Ready: new(false)}},
			{Addresses: []string{"10.0.0.3"}},
		},
	}
	for name, c := range map[string]struct {
		backend Backend
		want    []string
	}{
		"by the port's number": {Backend{PortNumber: 80}, []string{"10.0.0.1:8080", "10.0.0.3:8080"}},
		"by the port's name":   {Backend{PortName: "metrics"}, []string{"10.0.0.1:9000", "10.0.0.3:9000"}},
	} {
		got, err := addresses(service, []*discoveryv1.EndpointSlice{slice}, c.backend)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v (%v), want %v", name, got, err, c.want)
		}
	}
	if _, err := addresses(service, nil, Backend{PortNumber: 81}); err == nil {
		t.Error("a port that the Service does not have is no error")
	}
}

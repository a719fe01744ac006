package ingress

import (
	"fmt"
	"net"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// addresses are host:port of the endpoints of a Service that are ready, for
// one of its ports.
func addresses(service *corev1.Service, slices []*discoveryv1.EndpointSlice, backend Backend) ([]string, error) {
	port, err := servicePort(service, backend)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, slice := range slices {
		number, ok := slicePort(slice, port.Name)
		if !ok {
			continue
		}
		for _, endpoint := range slice.Endpoints {
			// Not said means ready.
			if ready := endpoint.Conditions.Ready; ready != nil && !*ready {
				continue
			}
			for _, address := range endpoint.Addresses {
				found = append(found, net.JoinHostPort(address, strconv.Itoa(int(number))))
			}
		}
	}
	return found, nil
}

func servicePort(service *corev1.Service, backend Backend) (corev1.ServicePort, error) {
	for _, port := range service.Spec.Ports {
		if backend.PortName != "" && port.Name == backend.PortName {
			return port, nil
		}
		if backend.PortName == "" && port.Port == backend.PortNumber {
			return port, nil
		}
	}
	wanted := backend.PortName
	if wanted == "" {
		wanted = strconv.Itoa(int(backend.PortNumber))
	}
	return corev1.ServicePort{}, fmt.Errorf("the Service %s/%s has no port %s", service.Namespace, service.Name, wanted)
}

// slicePort is the port of the pods for a named port of the Service.
func slicePort(slice *discoveryv1.EndpointSlice, name string) (int32, bool) {
	for _, port := range slice.Ports {
		if port.Port != nil && (port.Name == nil && name == "" || port.Name != nil && *port.Name == name) {
			return *port.Port, true
		}
	}
	return 0, false
}

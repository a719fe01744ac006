package kube

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/eddy-previews/eddy/test/cluster/internal/pki"
)

// Kubeconfig says whom to reach and as whom.
type Kubeconfig struct {
	// Server is the API server, as https://host:port.
	Server string
	// CA is the path of the certificate that signed the server's.
	CA string
	// User is the client's certificate and key.
	User pki.Pair
}

// Write writes a kubeconfig with one context to path. The keys are in it, so
// that it can be copied; only its owner can read it.
func (k Kubeconfig) Write(path string) error {
	const name = "eddy-local"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: k.Server, CertificateAuthority: k.CA}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{ClientCertificate: k.User.Cert, ClientKey: k.User.Key}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	if err := clientcmdapi.FlattenConfig(config); err != nil {
		return fmt.Errorf("reading the keys for %s: %w", path, err)
	}
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

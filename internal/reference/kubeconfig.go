package reference

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	clientcmdv1 "k8s.io/client-go/tools/clientcmd/api/v1"
	"sigs.k8s.io/yaml"
)

// convert puts the address and the authority of a kubeconfig's first cluster
// into a ConfigMap; keys that it has already stay. The reference is
// namespace/name[:key]; without a key, kubeconfig and value are tried.
func (r *Resolver) convert(ctx context.Context, o *unstructured.Unstructured, from string) error {
	if source, can := sourceOf(o); !can || source.Kind != configMap {
		return errors.New("only a v1 ConfigMap can hold it")
	}
	from, key, _ := strings.Cut(from, ":")
	source, err := parseSource(secret, from)
	if err != nil {
		return err
	}
	is, err := r.get(ctx, source)
	if err != nil {
		return err
	}
	text, err := kubeconfigIn(is, key)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	address, authority, err := firstCluster(text)
	if err != nil {
		return fmt.Errorf("%s: %w", source, err)
	}
	for name, value := range map[string]string{"address": address, "ca.crt": authority} {
		if _, there, _ := unstructured.NestedFieldNoCopy(o.Object, "data", name); there {
			continue
		}
		if err := unstructured.SetNestedField(o.Object, value, "data", name); err != nil {
			return errors.New("data is not a map")
		}
	}
	return nil
}

// kubeconfigIn returns the kubeconfig in a Secret.
func kubeconfigIn(is *unstructured.Unstructured, key string) ([]byte, error) {
	keys := []string{"kubeconfig", "value"}
	if key != "" {
		keys = []string{key}
	}
	for _, name := range keys {
		encoded, there, _ := unstructured.NestedString(is.Object, "data", name) // it is a Secret's
		if !there {
			continue
		}
		text, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			return nil, fmt.Errorf("the key %q is not base64", name)
		}
		return text, nil
	}
	return nil, fmt.Errorf(`it has no key "%s"`, strings.Join(keys, `" or "`))
}

// firstCluster reads the first cluster of a kubeconfig. Its errors do not repeat
// the text, which holds credentials.
func firstCluster(text []byte) (address, authority string, err error) {
	var config clientcmdv1.Config
	if yaml.Unmarshal(text, &config) != nil {
		return "", "", errors.New("the kubeconfig is not valid YAML")
	}
	if len(config.Clusters) == 0 {
		return "", "", errors.New("the kubeconfig has no cluster")
	}
	first := config.Clusters[0].Cluster
	if first.Server == "" || len(first.CertificateAuthorityData) == 0 {
		return "", "", errors.New("the kubeconfig's first cluster needs server and certificate-authority-data")
	}
	return first.Server, string(first.CertificateAuthorityData), nil
}

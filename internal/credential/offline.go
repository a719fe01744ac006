package credential

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Offline reads credentials from Secrets at hand, as there is no cluster.
func Offline(secrets []corev1.Secret) *Reader { return &Reader{Client: onlySecrets{secrets: secrets}} }

// onlySecrets is a cluster that holds nothing but Secrets.
type onlySecrets struct {
	client.Client
	secrets []corev1.Secret
}

// Get implements client.Reader.
func (s onlySecrets) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	for _, secret := range s.secrets {
		if found, ok := into.(*corev1.Secret); ok && client.ObjectKeyFromObject(&secret) == key {
			secret.DeepCopyInto(found)
			return nil
		}
	}
	resource := "secrets"
	if _, account := into.(*corev1.ServiceAccount); account {
		resource = "serviceaccounts"
	}
	return apierrors.NewNotFound(corev1.Resource(resource), key.Name)
}

package credential

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/authn/kubernetes"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// pullSecrets names the pull secrets of the account that a provider of a plain
// registry names.
func (r *Reader) pullSecrets(ctx context.Context, ref Reference) ([]string, error) {
	name := ref.ServiceAccount
	if ref.Type != v1.InputProviderOCIArtifactTag || name == "" {
		return nil, nil
	}
	account := &corev1.ServiceAccount{}
	err := r.Client.Get(ctx, client.ObjectKey{Namespace: ref.Namespace, Name: name}, account)
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("spec.serviceAccountName: there is no ServiceAccount %q in namespace %q: create it, or correct the name", name, ref.Namespace)
	}
	if err != nil {
		return nil, fmt.Errorf("spec.serviceAccountName: reading ServiceAccount %s/%s: %w", ref.Namespace, name, err)
	}
	var names []string
	for _, ref := range account.ImagePullSecrets {
		names = append(names, ref.Name)
	}
	return names, nil
}

// keychain reads the Secret of a provider and the pull secrets of its account;
// nil when there are neither.
func (r *Reader) keychain(ctx context.Context, ref Reference, pulls []string) (authn.Keychain, error) {
	var found []corev1.Secret
	if ref.Secret.Name != "" {
		secret, err := r.secret(ctx, ref.Namespace, ref.Secret)
		if err != nil {
			return nil, err
		}
		if secret.Type != corev1.SecretTypeDockerConfigJson {
			return nil, fmt.Errorf("%s: Secret %s/%s is of type %q: it needs type %s, as `kubectl create secret docker-registry` makes it",
				ref.Secret.Field, secret.Namespace, secret.Name, secret.Type, corev1.SecretTypeDockerConfigJson)
		}
		found = append(found, *secret)
	}
	for _, name := range pulls {
		secret, err := r.secret(ctx, ref.Namespace, Name{"spec.serviceAccountName: imagePullSecrets", name})
		if err != nil {
			return nil, err
		}
		found = append(found, *secret)
	}
	if len(found) == 0 {
		return nil, nil
	}
	keychain, err := kubernetes.NewFromPullSecrets(ctx, found)
	if err != nil {
		return nil, fmt.Errorf("spec.secretRef or imagePullSecrets: a pull secret in namespace %q is not valid JSON of a Docker configuration", ref.Namespace)
	}
	return keychain, nil
}

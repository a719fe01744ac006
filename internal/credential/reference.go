package credential

import (
	"github.com/fluxcd/pkg/apis/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// Reference is what an object says of what to ask, and as whom.
type Reference struct {
	// NamespacedName is the object's, of a Kind. What it refers to is in its
	// namespace, and it is woken when that changes.
	types.NamespacedName
	Kind string

	// Type is a value of spec.type, and URL where that is found; Insecure allows
	// plain HTTP.
	Type, URL string
	Insecure  bool
	// Secret has the credentials, Certificates the authorities and a client
	// certificate, Proxy a proxy; none where they have no name.
	Secret, Certificates, Proxy Name
	// ServiceAccount has an identity or pull secrets; "" for the default.
	ServiceAccount string
	// Selectors pick ExternalArtifacts.
	Selectors []v1.ArtifactSelector
}

// Name is that of a Secret, and the field of the spec that it stands in.
type Name struct{ Field, Name string }

// Of returns what a provider refers to.
func Of(provider *v1.ResourceSetInputProvider) Reference {
	spec := provider.Spec
	return Reference{
		NamespacedName: client.ObjectKeyFromObject(provider), Kind: v1.ResourceSetInputProviderKind,
		Type: spec.Type, URL: spec.URL, Insecure: spec.Insecure,
		Secret:         named("spec.secretRef", spec.SecretRef),
		Certificates:   named("spec.certSecretRef", spec.CertSecretRef),
		Proxy:          named("spec.proxySecretRef", spec.ProxySecretRef),
		ServiceAccount: spec.ServiceAccountName, Selectors: spec.Selectors,
	}
}

// OfFeedback returns what a provider refers to that tells requests.
func OfFeedback(provider *v1.ResourceSetInputProvider) Reference {
	out := Of(provider)
	if told := provider.Spec.Feedback; told != nil && told.SecretRef != nil {
		out.Secret = Name{Field: "spec.feedback.secretRef", Name: told.SecretRef.Name}
	}
	return out
}

// OfImage returns what an image of a provider's gate refers to. The field is its
// place in the spec.
func OfImage(provider *v1.ResourceSetInputProvider, image v1.GateImage, field string) Reference {
	return Reference{
		NamespacedName: client.ObjectKeyFromObject(provider), Kind: v1.ResourceSetInputProviderKind,
		Type: registryType(image.Provider), URL: "oci://" + image.Repository, Insecure: image.Insecure,
		Secret:         named(field+".secretRef", image.SecretRef),
		Certificates:   named(field+".certSecretRef", image.CertSecretRef),
		ServiceAccount: image.ServiceAccountName,
	}
}

// registryType is the type that watches registries with the credentials of a cloud,
// as Flux names it.
func registryType(provider string) string {
	switch source.Cloud(provider) {
	case source.AWS:
		return v1.InputProviderECRArtifactTag
	case source.Azure:
		return v1.InputProviderACRArtifactTag
	case source.Google:
		return v1.InputProviderGARArtifactTag
	default:
		return v1.InputProviderOCIArtifactTag
	}
}

func named(field string, ref *meta.LocalObjectReference) Name {
	if ref == nil {
		return Name{Field: field}
	}
	return Name{Field: field, Name: ref.Name}
}

// secrets are the names of the Secrets that are referred to by themselves.
func (r Reference) secrets() []string {
	var out []string
	for _, one := range []Name{r.Secret, r.Certificates, r.Proxy} {
		if one.Name != "" {
			out = append(out, one.Name)
		}
	}
	return out
}

// follower is who is woken when one of the Secrets changes.
func (r Reference) follower() Follower {
	return Follower{NamespacedName: r.NamespacedName, Field: r.Secret.Field}
}

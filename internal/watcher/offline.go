package watcher

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/source"
)

// Export writes into the status of a provider what a run of the operator
// exports when these items are all that is open: filtered, limited, skipped and
// completed alike. It asks nobody, so that spec.filter.paths lets everything
// pass; Watched.Complete asks. For a Static provider items are ignored but for
// the first, whose id is its own.
func Export(provider *v1.ResourceSetInputProvider, items []source.Item) error {
	if provider.Spec.Type == v1.InputProviderStatic {
		_, err := export(provider, []exportable{{Item: items[0]}}, nil)
		return err
	}
	rules, err := compileRules(provider, time.Now())
	if err != nil {
		return err
	}
	exported := readExported(provider)
	kept, _ := rules.keep(rules.filter(items), exported)
	omitted, err := export(provider, rules.settle(kept, exported).items, exported)
	if err == nil && len(omitted) > 0 {
		err = errors.New(tell(omitted))
	}
	return err
}

// Refusal says why an item that is open is not an input of the provider, as a
// half-sentence about the item; "" when it is one.
func Refusal(provider *v1.ResourceSetInputProvider, item source.Item) (string, error) {
	rules, err := compileRules(provider, time.Now())
	if err != nil {
		return "", err
	}
	without := func(label string) bool { return !item.HasLabel(label) }
	switch refused := rules.refusedBy(item); {
	case refused == "labels":
		label := rules.labels[slices.IndexFunc(rules.labels, without)]
		return fmt.Sprintf("it lacks the label %q that spec.filter.labels asks for", label), nil
	case refused != "":
		return fmt.Sprintf("%s does not pass spec.filter.%s", what(item, refused), refused), nil
	case !hasAll(item, rules.required):
		label := rules.required[slices.IndexFunc(rules.required, without)]
		return fmt.Sprintf("it lacks the label %q that spec.skip.labels asks for", label), nil
	case hasAny(item, rules.pause):
		label := rules.pause[slices.IndexFunc(rules.pause, item.HasLabel)]
		return fmt.Sprintf("the label %q of spec.skip.labels holds it", label), nil
	case !item.IsComplete():
		return "its commit is not known yet", nil
	default:
		return "", nil
	}
}

// what names the part of an item that a field of spec.filter is about.
func what(item source.Item, field string) string {
	switch field {
	case "drafts":
		return "a draft"
	case "forks":
		return "a request from a fork"
	case "authors":
		return fmt.Sprintf("its author %q", item.Author)
	case "updatedWithin":
		return "its last update, " + item.UpdatedAt.UTC().Format(time.RFC3339) + ","
	case "includeTargetBranch", "excludeTargetBranch":
		return fmt.Sprintf("its target branch %q", item.TargetBranch)
	default:
		return fmt.Sprintf("its branch %q", item.RefName())
	}
}

// ReadyLabels returns the labels that a request must have to become an input.
func ReadyLabels(provider *v1.ResourceSetInputProvider) ([]string, error) {
	rules, err := compileRules(provider, time.Now())
	if err != nil {
		return nil, err
	}
	labels := slices.Concat(rules.labels, rules.required)
	slices.Sort(labels)
	return slices.Compact(labels), nil
}

// Watched is what a provider watches, asked as a run of the operator asks.
type Watched struct {
	repository
	rules rules
}

// Open connects to what a provider watches, with the credentials of the Secrets
// that it names, wherever they were read.
func Open(ctx context.Context, provider *v1.ResourceSetInputProvider, secrets []corev1.Secret) (Watched, error) {
	if provider.Spec.Type == v1.InputProviderExternalArtifact {
		return Watched{}, fmt.Errorf("spec.type: what an %s selects is known to the cluster alone", v1.InputProviderExternalArtifact)
	}
	rules, err := compileRules(provider, time.Now())
	if err != nil {
		return Watched{}, err
	}
	reader := &Reconciler{
		Credentials: &credential.Reader{Client: onlySecrets{secrets: secrets}},
		NewSource:   source.New, Now: time.Now,
	}
	opened, err := reader.open(ctx, provider)
	return Watched{repository: opened, rules: rules}, err
}

// Complete returns the items that match, spec.filter.paths included, with all
// there is to know about each.
func (w Watched) Complete(ctx context.Context, items []source.Item) ([]source.Item, error) {
	matching, err := touching(ctx, w.repository, w.rules.paths, w.rules.filter(items))
	if err != nil {
		return nil, err
	}
	kept, _ := w.rules.keep(matching, nil)
	return w.Resolve(ctx, kept)
}

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

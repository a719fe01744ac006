package watcher

import (
	"context"
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
// completed alike. It asks nobody; for a Static provider items are ignored but
// for the first, whose id is its own.
func Export(provider *v1.ResourceSetInputProvider, items []source.Item) error {
	if provider.Spec.Type == v1.InputProviderStatic {
		return export(provider, []exportable{{Item: items[0]}})
	}
	rules, err := compileRules(provider, time.Now())
	if err != nil {
		return err
	}
	exported, err := readExported(provider)
	if err != nil {
		return err
	}
	kept, _ := rules.keep(rules.filter(items), exported)
	return export(provider, rules.settle(kept, exported).items)
}

// Refusal says why an item that is open is not an input of the provider, as a
// half-sentence about the item; "" when it is one.
func Refusal(provider *v1.ResourceSetInputProvider, item source.Item) (string, error) {
	rules, err := compileRules(provider, time.Now())
	if err != nil {
		return "", err
	}
	without := func(label string) bool { return !item.HasLabel(label) }
	switch {
	case !hasAll(item, rules.labels):
		label := rules.labels[slices.IndexFunc(rules.labels, without)]
		return fmt.Sprintf("it lacks the label %q that spec.filter.labels asks for", label), nil
	case !rules.match(item):
		return fmt.Sprintf("%q does not pass spec.filter", item.RefName()), nil
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

// Open connects to the forge of a provider, with the credentials of the Secrets
// that it names, wherever they were read.
func Open(ctx context.Context, provider *v1.ResourceSetInputProvider, secrets []corev1.Secret) (Forge, error) {
	credentials := &credential.Reader{Client: onlySecrets{secrets: secrets}}
	reader := &Reconciler{Credentials: credentials, NewSource: source.New, Now: time.Now}
	opened, err := reader.open(ctx, provider)
	return Forge{opened}, err
}

// Forge is where a provider finds its items.
type Forge struct{ repository }

// Touching keeps the items that spec.filter.paths of the provider lets pass. It
// asks the forge once for each.
func (f Forge) Touching(ctx context.Context, provider *v1.ResourceSetInputProvider, items []source.Item) ([]source.Item, error) {
	if provider.Spec.Filter == nil {
		return items, nil
	}
	return touching(ctx, f.repository, provider.Spec.Filter.Paths, items)
}

// onlySecrets is a cluster that holds nothing but Secrets, and lets no other
// request through.
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
	return apierrors.NewNotFound(corev1.Resource("secrets"), key.Name)
}

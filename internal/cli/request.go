package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/internal/watcher"
)

// request is a pull request as the command line describes it.
type request struct {
	Number, SHA, Branch, TargetBranch, Title, Author string

	Labels []string
	// has reports whether there is a flag, and changed whether it was given.
	has, changed func(flag string) bool
}

// export lets each provider export: a static one its own input, the one whose
// request it is that request, and others nothing.
func (o *buildPreview) export(ctx context.Context, providers []v1.ResourceSetInputProvider, secrets []corev1.Secret) error {
	watched, err := o.watched(providers)
	if err != nil {
		return err
	}
	for i := range providers {
		provider := &providers[i]
		items := []source.Item{source.Static(provider.Name)}
		switch {
		case provider == watched:
			items, err = o.items(ctx, provider, secrets)
		case provider.Spec.Type != v1.InputProviderStatic:
			continue
		}
		if err == nil {
			err = watcher.Export(provider, items)
		}
		if err != nil {
			return fmt.Errorf("provider %q: %w", provider.Name, err)
		}
	}
	return nil
}

// watched returns the provider whose request is to be built, nil when all of
// them are static.
func (o *buildPreview) watched(providers []v1.ResourceSetInputProvider) (*v1.ResourceSetInputProvider, error) {
	candidates := requestProviders(providers)
	names := make([]string, 0, len(candidates))
	for _, provider := range candidates {
		if provider.Name == o.Provider {
			return provider, nil
		}
		names = append(names, provider.Name)
	}
	switch {
	case o.Provider != "":
		return nil, fmt.Errorf("--provider: the ResourceSet takes no requests from a provider %q; there is %s", o.Provider, listed(names))
	case len(candidates) > 1:
		return nil, fmt.Errorf("the ResourceSet takes requests from %s: name one with --provider", listed(names))
	case len(candidates) == 1:
		return candidates[0], nil
	case o.Request.Number != "" || o.FromForge:
		return nil, errors.New("the ResourceSet takes its inputs from no provider that watches requests: leave --pr and --from-forge out")
	default:
		return nil, nil
	}
}

// items are the requests that the provider sees.
func (o *buildPreview) items(ctx context.Context, provider *v1.ResourceSetInputProvider, secrets []corev1.Secret) ([]source.Item, error) {
	if o.FromForge {
		return o.open(ctx, provider, secrets)
	}
	item, err := o.Request.item(provider)
	if err != nil {
		return nil, err
	}
	return []source.Item{item}, accepted(provider, item)
}

// item is the request that the flags describe.
func (r request) item(provider *v1.ResourceSetInputProvider) (source.Item, error) {
	if r.Number == "" || r.SHA == "" {
		return source.Item{}, errors.New("describe the request with --pr and --sha, or take those that are open with --from-forge")
	}
	item := source.Item{
		ID: r.Number, SHA: r.SHA, Branch: r.Branch, TargetBranch: r.TargetBranch,
		Title: r.Title, Author: r.Author, Labels: r.Labels,
	}
	if r.changed("labels") {
		return item, nil
	}
	labels, err := watcher.ReadyLabels(provider)
	item.Labels = labels
	return item, err
}

// hint says which flag gives an input that a template asks for.
func (r request) hint(err error) error {
	for _, field := range forge.Fields() {
		flag := capital.ReplaceAllStringFunc(field.Name, func(c string) string { return "-" + strings.ToLower(c) })
		if strings.Contains(err.Error(), fmt.Sprintf("no key %q", field.Name)) && r.has(flag) && !r.changed("from-forge") {
			return fmt.Errorf("give it with --%s", flag)
		}
	}
	return nil
}

// capital is where a word begins in the name of a field.
var capital = regexp.MustCompile(`[A-Z]`)

// open lists the requests that are open; one when it is picked.
func (o *buildPreview) open(ctx context.Context, provider *v1.ResourceSetInputProvider, secrets []corev1.Secret) ([]source.Item, error) {
	ctx, cancel := context.WithTimeout(ctx, provider.GetTimeout())
	defer cancel()
	token, err := o.token()
	if err != nil {
		return nil, err
	}
	asking := provider
	if token != "" {
		asking, secrets = withToken(provider, token, secrets)
	}
	forge, err := watcher.Open(ctx, asking, secrets)
	if err != nil {
		return nil, fmt.Errorf("%w (or give a token with --token-file or $EDDY_TOKEN)", err)
	}
	items, err := forge.List(ctx, source.Query{})
	if err != nil {
		return nil, err
	}
	if o.Request.Number == "" {
		return forge.Complete(ctx, items)
	}
	picked, err := o.pick(ctx, provider, forge, items)
	if err != nil {
		return nil, err
	}
	complete, err := forge.Complete(ctx, []source.Item{picked})
	if err == nil && len(complete) == 0 {
		err = fmt.Errorf("request %s is not an input: it changes no file that spec.filter.paths names", picked.ID)
	}
	return complete, err
}

// pick returns the request of --pr, or why it is none.
func (o *buildPreview) pick(ctx context.Context, provider *v1.ResourceSetInputProvider, forge source.Source, items []source.Item) (source.Item, error) {
	number := o.Request.Number
	at := slices.IndexFunc(items, func(item source.Item) bool { return item.ID == number })
	if at >= 0 {
		return items[at], accepted(provider, items[at])
	}
	var numbers []string
	for _, item := range items {
		numbers = append(numbers, item.ID)
	}
	state := "is not there"
	switch item, err := forge.Lookup(ctx, number); {
	case errors.Is(err, transport.ErrNotFound):
	case err != nil:
		return source.Item{}, err
	case item.Closed:
		state = "is closed"
	default:
		return item, accepted(provider, item)
	}
	if len(numbers) == 0 {
		return source.Item{}, fmt.Errorf("request %s %s, and none is open", number, state)
	}
	return source.Item{}, fmt.Errorf("request %s %s; open: %s", number, state, listed(numbers))
}

// accepted says why the provider would not export a request.
func accepted(provider *v1.ResourceSetInputProvider, item source.Item) error {
	why, err := watcher.Refusal(provider, item)
	if err == nil && why != "" {
		err = fmt.Errorf("request %s is not an input: %s", item.ID, why)
	}
	return err
}

// token returns the token that the command line or the environment gives, "" for none.
func (o *buildPreview) token() (string, error) {
	if o.TokenFile == "" {
		return strings.TrimSpace(o.Token), nil
	}
	text, err := files.Read(o.TokenFile)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", fmt.Errorf("%s: the file is empty; expected a token", o.TokenFile)
	}
	return token, nil
}

// withToken returns the provider as it would be if its Secret held the token.
func withToken(provider *v1.ResourceSetInputProvider, token string, secrets []corev1.Secret) (*v1.ResourceSetInputProvider, []corev1.Secret) {
	const name = "token given on the command line" // no Secret has a name like this
	asking := provider.DeepCopy()
	asking.Spec.SecretRef = &meta.LocalObjectReference{Name: name}
	return asking, append(secrets, corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: provider.Namespace, Name: name},
		Data:       map[string][]byte{"username": []byte("eddy"), "password": []byte(token)},
	})
}

// listed joins names, the first ten of them.
func listed(names []string) string {
	if more := len(names) - 10; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:10], ", "), more)
	}
	return strings.Join(names, ", ")
}

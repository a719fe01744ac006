package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/fluxcd/pkg/apis/meta"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/internal/evidence"
	"github.com/eddy-previews/eddy/internal/export"
	"github.com/eddy-previews/eddy/internal/few"
	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
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
func (o *buildPreview) export(ctx context.Context, providers []v1.ResourceSetInputProvider, files *objects) error {
	watched, err := o.watched(providers)
	if err != nil {
		return err
	}
	for i := range providers {
		provider := &providers[i]
		verdicts := admit.Static(provider.Name)
		switch {
		case provider == watched:
			if verdicts, err = o.verdicts(ctx, provider, files); err == nil {
				err = assumeProved(ctx, provider, verdicts)
			}
		case provider.Spec.Type != v1.InputProviderStatic:
			continue
		}
		if err == nil {
			err = exported(provider, verdicts)
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

// verdicts are what becomes of the requests that the provider sees.
func (o *buildPreview) verdicts(ctx context.Context, provider *v1.ResourceSetInputProvider, files *objects) ([]admit.Verdict, error) {
	chain, err := admit.Compile(provider, o.now())
	if err != nil {
		return nil, err
	}
	if o.FromForge {
		return o.open(ctx, provider, chain, files)
	}
	item, err := o.Request.item(chain)
	if err != nil {
		return nil, err
	}
	return accepted(chain.Judge([]source.Item{item}, admit.Known{}))
}

// item is the request that the flags describe.
func (r request) item(chain *admit.Chain) (source.Item, error) {
	if r.Number == "" || r.SHA == "" {
		return source.Item{}, errors.New("describe the request with --pr and --sha, or take those that are open with --from-forge")
	}
	if err := r.check(); err != nil {
		return source.Item{}, err
	}
	item := source.Item{
		ID: r.Number, SHA: r.SHA, Branch: r.Branch, TargetBranch: r.TargetBranch,
		Title: r.Title, Author: r.Author, Labels: r.Labels,
	}
	if r.changed("labels") {
		return item, nil
	}
	item.Labels = chain.ReadyLabels()
	return item, nil
}

var (
	// isNumber is the number of a request at any forge, isCommit a commit or the
	// beginning of one.
	isNumber = regexp.MustCompile(`^[1-9][0-9]*$`)
	isCommit = regexp.MustCompile(`^[0-9a-fA-F]{1,64}$`)
)

// check says what no request has.
func (r request) check() error {
	if !isNumber.MatchString(r.Number) {
		return fmt.Errorf("--pr: %q is not the number of a pull request: expected digits alone, such as 1234", r.Number)
	}
	if !isCommit.MatchString(r.SHA) {
		return fmt.Errorf("--sha: %q is not a commit: expected its hexadecimal id or the beginning of it, such as 6dcb09b", r.SHA)
	}
	return nil
}

// hint says which flags give the inputs that templates ask for.
func (r request) hint(err error) error {
	var given []string
	for _, field := range forge.Fields() {
		flag := capital.ReplaceAllStringFunc(field.Name, func(c string) string { return "-" + strings.ToLower(c) })
		lacks := fmt.Sprintf("%q", field.Name)
		for _, line := range strings.Split(err.Error(), "\n") {
			if at := strings.Index(line, "there is no key "); at >= 0 && strings.Contains(line[at:], lacks) && r.has(flag) && !r.changed("from-forge") {
				given = append(given, "--"+flag)
				break
			}
		}
	}
	if len(given) == 0 {
		return nil
	}
	return fmt.Errorf("give it with %s", listed(given))
}

// capital is where a word begins in the name of a field.
var capital = regexp.MustCompile(`[A-Z]`)

// open judges the requests that are open; one when it is picked.
func (o *buildPreview) open(ctx context.Context, provider *v1.ResourceSetInputProvider, chain *admit.Chain, files *objects) ([]admit.Verdict, error) {
	ctx, cancel := context.WithTimeout(ctx, provider.GetTimeout())
	defer cancel()
	token, err := o.token()
	if err != nil {
		return nil, err
	}
	asking, secrets := provider, files.secrets
	if token == "" {
		if err := files.withoutToken(provider); err != nil {
			return nil, err
		}
	}
	if token != "" {
		asking, secrets = withToken(provider, token, secrets)
	}
	forge, err := opened(ctx, asking, secrets)
	if err != nil {
		return nil, fmt.Errorf("%w (or give a token with --token-file or $EDDY_TOKEN)", err)
	}
	items, err := forge.List(ctx, source.Query{})
	if err != nil {
		return nil, err
	}
	if o.Request.Number != "" && !isNumber.MatchString(o.Request.Number) {
		return nil, fmt.Errorf("--pr: %q is not the number of a pull request: expected digits alone, such as 1234", o.Request.Number)
	}
	if o.Request.Number == "" {
		verdicts, err := chain.Decide(ctx, forge, items, admit.Known{})
		return o.storable(verdicts), err
	}
	picked, err := o.pick(ctx, forge, items)
	if err != nil {
		return nil, err
	}
	verdicts, err := chain.Decide(ctx, forge, []source.Item{picked}, admit.Known{})
	if err != nil {
		return nil, err
	}
	return accepted(verdicts)
}

// storable leaves out, with a warning, what cannot be an input, as the operator
// does: one odd request is no reason to build none of the others.
func (o *buildPreview) storable(verdicts []admit.Verdict) []admit.Verdict {
	return slices.DeleteFunc(verdicts, func(verdict admit.Verdict) bool {
		odd := verdict.Reason == admit.NotStorable
		if odd {
			o.Streams.warn("request %s is left out: %s", verdict.Item.ID, verdict.Message)
		}
		return odd
	})
}

// opened connects to what a provider watches, with the credentials of the Secrets
// that it names.
func opened(ctx context.Context, provider *v1.ResourceSetInputProvider, secrets []corev1.Secret) (source.Source, error) {
	if provider.Spec.Type == v1.InputProviderExternalArtifact {
		return nil, fmt.Errorf("spec.type: what an %s selects is known to the cluster alone", v1.InputProviderExternalArtifact)
	}
	config, err := credential.Offline(secrets).Config(ctx, credential.Of(provider))
	if err != nil {
		return nil, err
	}
	forge, err := source.New(config)
	if err != nil {
		return nil, fmt.Errorf("spec.url or spec.type: %w", err)
	}
	return forge, nil
}

// pick returns the request of --pr, or why it is none.
func (o *buildPreview) pick(ctx context.Context, forge source.Source, items []source.Item) (source.Item, error) {
	number := o.Request.Number
	at := slices.IndexFunc(items, func(item source.Item) bool { return item.ID == number })
	if at >= 0 {
		return items[at], nil
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
		return item, nil
	}
	if len(numbers) == 0 {
		return source.Item{}, fmt.Errorf("request %s %s, and none is open", number, state)
	}
	return source.Item{}, fmt.Errorf("request %s %s; open: %s", number, state, listed(numbers))
}

// accepted refuses verdicts on requests of which one is no input.
func accepted(verdicts []admit.Verdict) ([]admit.Verdict, error) {
	for _, verdict := range verdicts {
		if verdict.Decision != admit.Export {
			return nil, fmt.Errorf("request %s is not an input: %s", verdict.Item.ID, verdict.Message)
		}
	}
	return verdicts, nil
}

// assumeProved takes what spec.gate and spec.forks want of requests to be there: no
// registry is asked, and nobody at the forge.
func assumeProved(ctx context.Context, provider *v1.ResourceSetInputProvider, verdicts []admit.Verdict) error {
	gate, err := evidence.Compile(provider)
	for n, verdict := range verdicts {
		if err == nil {
			var proved v1.ResourceSetInput
			proved, err = gate.MadeUp(ctx, verdict.Item)
			verdicts[n].Proved = v1.ResourceSetInput{}
			maps.Copy(verdicts[n].Proved, proved)
			maps.Copy(verdicts[n].Proved, admit.AssumeApproved(provider, verdict.Item))
		}
	}
	return err
}

// exported has a provider export verdicts, all of them as they are.
func exported(provider *v1.ResourceSetInputProvider, verdicts []admit.Verdict) error {
	made, err := export.Write(provider, verdicts)
	if err == nil && len(made.Omitted) > 0 {
		err = errors.New(export.Tell(made.Omitted))
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
func listed(names []string) string { return few.Of(names, 10, ", ") }

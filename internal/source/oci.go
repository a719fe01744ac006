package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"golang.org/x/sync/errgroup"
)

const (
	// ociForm is how the repository of a registry is written.
	ociForm = "oci://HOST/REPOSITORY"
	// ociPageSize is how many tags a page is asked for. ECR refuses more.
	ociPageSize = 1000
	// ociAtOnce is how many digests are asked for at the same time.
	ociAtOnce = 8
)

// ociRepository lists the tags of a repository in a registry. What differs
// between registries is how credentials come about, which is the caller's.
//
// https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md
type ociRepository struct {
	url        ociURL
	repository name.Repository
	registry   authn.Keychain
	guard      *ociGuard

	mu sync.Mutex
	// session is logged in; nil until it is needed.
	session http.RoundTripper
}

// ociURL is the URL of a repository in a registry.
type ociURL string

// String returns the URL.
func (u ociURL) String() string { return string(u) }

func newOCI(config Config) (Source, error) {
	path, ok := strings.CutPrefix(config.URL, "oci://")
	if !ok || strings.ContainsAny(path, "@?#") {
		return nil, fmt.Errorf("parsing the repository URL: it is not a repository without tag, digest and credentials; expected %s", ociForm)
	}
	// Certificates say that the registry is to be reached by TLS.
	plain := config.Insecure && config.TLS == nil
	var options []name.Option
	if plain {
		options = append(options, name.Insecure)
	}
	path = strings.TrimRight(path, "/")
	repository, err := ociName(path, options)
	if err != nil {
		return nil, fmt.Errorf("parsing the repository URL: %w; expected %s", err, ociForm)
	}
	shared := config.shared()
	return &ociRepository{
		url: ociURL("oci://" + path), repository: repository, registry: config.Registry,
		guard: &ociGuard{config: config, way: shared.ways.of(config), shared: shared, registry: host(repository.RegistryStr()), plain: plain},
	}, nil
}

// ociName reads HOST/REPOSITORY. The first part is always a host: unlike on a
// command line, nothing is completed to be on Docker Hub.
func ociName(path string, options []name.Option) (name.Repository, error) {
	host, repository, _ := strings.Cut(path, "/")
	if host == "" || repository == "" {
		return name.Repository{}, fmt.Errorf("%q has no host or no repository", path)
	}
	if strings.ContainsAny(host, ".:") || host == "localhost" {
		return name.NewRepository(path, options...)
	}
	checked, err := name.NewRepository("registry.invalid/" + repository)
	if err != nil {
		return name.Repository{}, err
	}
	registry, err := name.NewRegistry(host, options...)
	return registry.Repo(checked.RepositoryStr()), err
}

// List implements Source. The tags have no digests yet.
func (o *ociRepository) List(ctx context.Context, _ Query) ([]Item, error) {
	session, err := o.login(ctx)
	if err != nil {
		return nil, o.failed("listing the tags", err)
	}
	client := &http.Client{Transport: session, CheckRedirect: checkRedirect}
	next := &url.URL{
		Scheme: "https", Host: o.repository.RegistryStr(), Path: "/v2/" + o.repository.RepositoryStr() + "/tags/list",
		RawQuery: fmt.Sprintf("n=%d", ociPageSize),
	}
	items, err := listAll(within(ctx, o.guard.config.Bounds), func(ctx context.Context, _ string) (page, error) {
		got, link, err := ociPage(ctx, client, next)
		if err != nil || link == nil {
			return got, err
		}
		next, got.next = link, link.String()
		return got, nil
	})
	if err != nil {
		return nil, o.failed("listing the tags", err)
	}
	return items, nil
}

// ociPage reads one page of tags, and where the next one is.
func ociPage(ctx context.Context, client *http.Client, at *url.URL) (page, *url.URL, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return page{}, nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return page{}, nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it is in memory
	if err := transport.CheckError(resp, http.StatusOK); err != nil {
		return page{}, nil, err
	}
	var tags remote.Tags
	if err := json.NewDecoder(resp.Body).Decode(&tags); err != nil || tags.Name == "" && tags.Tags == nil {
		return page{}, nil, &answer{what: "200 OK with something that is not a list of tags", kind: ErrInvalidAnswer}
	}
	got := page{}
	for _, tag := range tags.Tags {
		got.items = append(got.items, Item{Name: tag, Tag: tag})
	}
	next, err := nextPage(resp.Header.Values("Link"), at)
	return got, next, err
}

// nextPage reads Link headers of RFC 8288; nil when none leads on. It does not
// lead to another host: the session would take its credentials there.
func nextPage(links []string, from *url.URL) (*url.URL, error) {
	for _, link := range strings.Split(strings.Join(links, ","), ",") {
		target, attributes, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(link), "<"), ">")
		if !strings.Contains(strings.ReplaceAll(attributes, `"`, ""), "rel=next") {
			continue
		}
		next, err := from.Parse(target)
		if !ok || err != nil || next.Host != from.Host {
			return nil, &answer{what: "the link to the next page leads nowhere", kind: ErrInvalidAnswer}
		}
		next.Scheme = from.Scheme // a registry behind a proxy that ends TLS does not know its own
		return next, nil
	}
	return nil, nil
}

// Resolve implements Resolver. A tag that is gone by now is left out.
func (o *ociRepository) Resolve(ctx context.Context, items []Item) ([]Item, error) {
	resolved := slices.Clone(items)
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(ociAtOnce)
	for n, item := range items {
		if item.Digest != "" || item.Refused != nil {
			continue
		}
		group.Go(func() (err error) {
			resolved[n], err = o.Lookup(ctx, item.Name)
			if errors.Is(err, errNoManifest) {
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(resolved, func(item Item) bool { return item.Digest == "" && item.Refused == nil }), nil
}

// Lookup implements Source: it asks for the digest of a tag.
func (o *ociRepository) Lookup(ctx context.Context, tag string) (Item, error) {
	digest, err := o.digest(ctx, tag)
	if err != nil {
		return Item{}, o.failed(fmt.Sprintf("looking up the tag %q", tag), err)
	}
	return Item{Name: tag, Tag: tag, Digest: digest}.bounded(), nil
}

// errNoManifest is a registry that says that it has no such tag.
var errNoManifest = &answer{what: "there is no such tag", kind: ErrNotFound}

func (o *ociRepository) digest(ctx context.Context, tag string) (string, error) {
	session, err := o.login(ctx)
	if err != nil {
		return "", err
	}
	ref := o.repository.Tag(tag)
	options := []remote.Option{remote.WithContext(ctx), remote.WithTransport(session)}
	head, err := remote.Head(ref, options...)
	var limited *RateLimited
	switch {
	case err == nil:
		return head.Digest.String(), nil
	case errors.As(err, &limited) || ctx.Err() != nil:
		return "", err
	}
	// The answer to HEAD has no body that says why, and with some registries no digest.
	got, err := remote.Get(ref, options...)
	switch {
	case isNoManifest(err):
		return "", errNoManifest
	case err != nil:
		return "", err
	}
	return got.Digest.String(), nil
}

// isNoManifest tells a tag that is gone from anything else that answers 404: a
// proxy, a repository that is gone or hidden from an account.
func isNoManifest(err error) bool {
	var said *transport.Error
	return errors.As(err, &said) && said.StatusCode == http.StatusNotFound &&
		slices.ContainsFunc(said.Errors, func(d transport.Diagnostic) bool {
			return d.Code == transport.ManifestUnknownErrorCode || d.Code == "NOT_FOUND" // as Harbor says it
		})
}

package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	ocitransport "github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/eddy-previews/eddy/internal/transport"
)

// pageSize is how many tags a page is asked for. ECR refuses more.
const pageSize = 1000

// tag is the name of one.
type tag string

// Key implements transport.Listed.
func (t tag) Key() string { return string(t) }

// Size implements transport.Listed: what is made of a tag takes more than its
// name, which stands in there twice.
func (t tag) Size() int {
	const itself = 400
	return itself + 2*len(t)
}

// Tags lists all tags, in the order of the registry. It is whole or an error.
func (r *Repository) Tags(ctx context.Context) ([]string, error) {
	tags, err := r.tags(ctx)
	if err != nil {
		return nil, r.failed("listing the tags", err)
	}
	names := make([]string, len(tags))
	for n, tag := range tags {
		names[n] = string(tag)
	}
	return names, nil
}

func (r *Repository) tags(ctx context.Context) ([]tag, error) {
	session, err := r.login(ctx)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Transport: session, CheckRedirect: transport.CheckRedirect}
	next := &url.URL{
		Scheme: "https", Host: r.repository.RegistryStr(), Path: "/v2/" + r.repository.RepositoryStr() + "/tags/list",
		RawQuery: fmt.Sprintf("n=%d", pageSize),
	}
	return transport.All(transport.Within(ctx, r.config.Bounds), func(ctx context.Context, _ string) (transport.Page[tag], error) {
		tags, link, err := pageOf(ctx, client, next)
		got := transport.Page[tag]{Items: tags}
		if err == nil && link != nil {
			next, got.Next = link, link.String()
		}
		return got, err
	})
}

// pageOf reads one page of tags, and where the next one is.
func pageOf(ctx context.Context, client *http.Client, at *url.URL) ([]tag, *url.URL, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it is in memory
	if err := ocitransport.CheckError(resp, http.StatusOK); err != nil {
		return nil, nil, err
	}
	var answer remote.Tags
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Name == "" && answer.Tags == nil {
		return nil, nil, &transport.Error{What: "200 OK with something that is not a list of tags", Kind: transport.ErrInvalidAnswer}
	}
	tags := make([]tag, len(answer.Tags))
	for n, name := range answer.Tags {
		tags[n] = tag(name)
	}
	next, err := nextPage(resp.Header.Values("Link"), at)
	return tags, next, err
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
			return nil, &transport.Error{What: "the link to the next page leads nowhere", Kind: transport.ErrInvalidAnswer}
		}
		next.Scheme = from.Scheme // a registry behind a proxy that ends TLS does not know its own
		return next, nil
	}
	return nil, nil
}

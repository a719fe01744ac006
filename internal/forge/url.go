package forge

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/eddy-previews/eddy/internal/transport"
)

// URL is the URL of a repository, taken apart.
type URL struct {
	// Base is scheme://host[:port].
	Base string
	// Path are the unescaped parts of the path, without ".git".
	Path []string
}

// Place is where a repository is, and how much is read of it at once.
type Place struct {
	URL
	Bounds transport.Bounds
}

// within returns a context whose listings have the bounds of the place.
func (p Place) within(ctx context.Context) context.Context {
	return transport.Within(ctx, p.Bounds)
}

// PlaceOf takes the URL of a configuration apart; form is how one is written.
func PlaceOf(config Config, form string) (Place, error) {
	parsed, err := ParseURL(config.URL, form)
	return Place{URL: parsed, Bounds: config.Bounds}, err
}

// String returns the URL.
func (u URL) String() string {
	out := u.Base
	for _, part := range u.Path {
		out += "/" + url.PathEscape(part)
	}
	return out
}

// ParseURL takes a repository's URL apart. What people copy along, a trailing
// slash or ".git", does no harm; credentials do.
func ParseURL(raw, form string) (URL, error) {
	refuse := func(why string) (URL, error) {
		return URL{}, fmt.Errorf("parsing the repository URL: %s; expected %s", why, form)
	}
	parsed, err := url.Parse(raw)
	if err != nil {
		return refuse("it is not a URL") // the cause would repeat it, credentials included
	}
	switch {
	case parsed.User != nil:
		return refuse("it holds credentials, which belong in a Secret named by spec.secretRef")
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return refuse(fmt.Sprintf("%q does not start with http:// or https://", raw))
	case parsed.Host == "":
		return refuse(fmt.Sprintf("%q has no host", raw))
	case parsed.RawQuery != "" || parsed.Fragment != "":
		return refuse(fmt.Sprintf("%q has a query or a fragment", raw))
	}
	out := URL{Base: parsed.Scheme + "://" + strings.ToLower(parsed.Host)}
	for _, part := range strings.Split(strings.TrimSuffix(strings.Trim(parsed.Path, "/"), ".git"), "/") {
		if part == "" || part == "." || part == ".." {
			return refuse(fmt.Sprintf("the path of %q has an empty or relative part", raw))
		}
		out.Path = append(out.Path, part)
	}
	return out, nil
}

// IsSame reports whether two URLs lead to one repository. No forge has two whose names
// differ in upper and lower case alone. What is no URL leads nowhere.
func IsSame(a, b string) bool {
	first, err := ParseURL(a, "")
	if err != nil {
		return false
	}
	second, err := ParseURL(b, "")
	return err == nil && strings.EqualFold(first.String(), second.String())
}

package source

import (
	"fmt"
	"net/url"
	"strings"
)

// repositoryURL is the URL of a repository, taken apart.
type repositoryURL struct {
	// base is scheme://host[:port].
	base string
	// path are the unescaped parts of the path, without ".git".
	path []string
}

// String returns the URL.
func (u repositoryURL) String() string {
	out := u.base
	for _, part := range u.path {
		out += "/" + url.PathEscape(part)
	}
	return out
}

// parseURL takes a repository's URL apart. What people copy along, a trailing
// slash or ".git", does no harm; credentials do.
func parseURL(raw, form string) (repositoryURL, error) {
	refuse := func(why string) (repositoryURL, error) {
		return repositoryURL{}, fmt.Errorf("parsing the repository URL: %s; expected %s", why, form)
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
	out := repositoryURL{base: parsed.Scheme + "://" + strings.ToLower(parsed.Host)}
	for _, part := range strings.Split(strings.TrimSuffix(strings.Trim(parsed.Path, "/"), ".git"), "/") {
		if part == "" || part == "." || part == ".." {
			return refuse(fmt.Sprintf("the path of %q has an empty or relative part", raw))
		}
		out.path = append(out.path, part)
	}
	return out, nil
}

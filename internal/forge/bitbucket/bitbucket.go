// Package bitbucket speaks to Bitbucket Cloud and to a Bitbucket Data Center,
// whose APIs have nothing in common. Neither knows labels of requests.
package bitbucket

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// form is how a Bitbucket repository is written.
const form = "https://bitbucket.org/WORKSPACE/REPOSITORY, https://HOST/projects/KEY/repos/REPOSITORY, https://HOST/users/NAME/repos/REPOSITORY or https://HOST/scm/KEY/REPOSITORY.git"

// cloudHost is the one host of Bitbucket Cloud; every other is a Data
// Center, whose API has nothing in common with it.
const cloudHost = "https://bitbucket.org"

// Open opens a repository of the cloud or of a server.
func Open(config forge.Config) (forge.Repository, error) {
	place, err := forge.PlaceOf(config, form)
	if err != nil {
		return nil, err
	}
	asking := client{http: transport.NewClient(config.Config, transport.Dialect{Says: words}), credentials: config.Credentials}
	if place.Base == cloudHost {
		if len(place.Path) != 2 {
			return nil, fmt.Errorf("parsing the repository URL: %q is not a workspace and a repository; expected %s", config.URL, form)
		}
		// An API token goes with the mail address of its account; an access
		// token of a repository, a project or a workspace goes alone.
		asking.basic = strings.Contains(config.Credentials.Username, "@")
		return newCloud(place, asking), nil
	}
	server, project, name, ok := pathOf(place.URL)
	if !ok {
		return nil, fmt.Errorf("parsing the repository URL: %q is not a project and a repository; expected %s", config.URL, form)
	}
	return newServer(place, server, project+"/repos/"+url.PathEscape(name), asking), nil
}

// pathOf splits …/projects/KEY/repos/NAME, as the browser shows it, and
// …/scm/KEY/NAME.git, as it is cloned. A server may live below a path. What is
// a person's own is in the project ~NAME.
func pathOf(u forge.URL) (server, project, name string, ok bool) {
	n := len(u.Path)
	below := func(parts int) string { return forge.URL{Base: u.Base, Path: u.Path[:n-parts]}.String() }
	switch {
	case n >= 4 && u.Path[n-4] == "projects" && u.Path[n-2] == "repos":
		return below(4), "projects/" + url.PathEscape(u.Path[n-3]), u.Path[n-1], true
	case n >= 4 && u.Path[n-4] == "users" && u.Path[n-2] == "repos":
		return below(4), "projects/~" + url.PathEscape(u.Path[n-3]), u.Path[n-1], true
	case n >= 3 && u.Path[n-3] == "scm":
		return below(3), "projects/" + url.PathEscape(u.Path[n-2]), u.Path[n-1], true
	default:
		return "", "", "", false
	}
}

// words reads the message of an error: the cloud's, or a Data Center's
// first.
func words(body []byte) string {
	type message struct {
		Message string `json:"message"`
	}
	var said struct {
		Error  message   `json:"error"`
		Errors []message `json:"errors"`
	}
	_ = json.Unmarshal(body, &said) // what does not fit is left out
	for _, one := range said.Errors {
		said.Error.Message = cmp.Or(said.Error.Message, one.Message)
	}
	return said.Error.Message
}

// listing is a list below a repository, and what is asked of it.
type listing struct {
	path  string
	query url.Values
}

// client asks either API. Atlassian keeps no library for Go.
type client struct {
	http        *http.Client
	credentials transport.Credentials
	// basic sends the user name too, not only the token.
	basic bool
}

func (c client) get(ctx context.Context, address string, query url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	return c.do(req, into)
}

// tell tells either API something: a method, an address, and what is sent as JSON.
func (c client) tell(ctx context.Context, what telling, into any) error {
	body, err := forge.Body(what.body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, what.method, what.address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	return c.do(req, into)
}

// telling is what an API is told.
type telling struct {
	method, address string
	// body is sent as JSON; nothing is where it is nil.
	body any
}

func (c client) do(req *http.Request, into any) error {
	switch {
	case c.basic:
		req.SetBasicAuth(c.credentials.Username, c.credentials.Password)
	case c.credentials.Password != "":
		req.Header.Set("Authorization", "Bearer "+c.credentials.Password)
	}
	_, err := transport.Do(c.http, req, into)
	return err
}

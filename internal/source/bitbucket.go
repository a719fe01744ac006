package source

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// bitbucketForm is how a Bitbucket repository is written.
const bitbucketForm = "https://bitbucket.org/WORKSPACE/REPOSITORY, https://HOST/projects/KEY/repos/REPOSITORY, https://HOST/users/NAME/repos/REPOSITORY or https://HOST/scm/KEY/REPOSITORY.git"

// bitbucketCloud is the one host of Bitbucket Cloud; every other is a Data
// Center, whose API has nothing in common with it.
const bitbucketCloud = "https://bitbucket.org"

// bitbucket is a Bitbucket repository. Neither API knows labels of requests.
type bitbucket interface {
	requests() *collection
	branches() *collection
	tags() *collection
}

// openBitbucket opens a repository of the cloud or of a server.
func openBitbucket(config Config) (bitbucket, error) {
	parsed, err := parseURL(config.URL, bitbucketForm)
	if err != nil {
		return nil, err
	}
	client := bitbucketClient{http: newHTTPClient(config, manners{says: bitbucketWords}), credentials: config.Credentials}
	if parsed.base == bitbucketCloud {
		if len(parsed.path) != 2 {
			return nil, fmt.Errorf("parsing the repository URL: %q is not a workspace and a repository; expected %s", config.URL, bitbucketForm)
		}
		// An API token goes with the mail address of its account; an access
		// token of a repository, a project or a workspace goes alone.
		client.basic = strings.Contains(config.Credentials.Username, "@")
		return newCloudRepository(parsed, client), nil
	}
	server, project, name, ok := bitbucketPath(parsed)
	if !ok {
		return nil, fmt.Errorf("parsing the repository URL: %q is not a project and a repository; expected %s", config.URL, bitbucketForm)
	}
	return newServerRepository(parsed, server, project+"/repos/"+url.PathEscape(name), client), nil
}

// bitbucketPath splits …/projects/KEY/repos/NAME, as the browser shows it, and
// …/scm/KEY/NAME.git, as it is cloned. A server may live below a path. What is
// a person's own is in the project ~NAME.
func bitbucketPath(u repositoryURL) (server, project, name string, ok bool) {
	n := len(u.path)
	below := func(parts int) string { return repositoryURL{base: u.base, path: u.path[:n-parts]}.String() }
	switch {
	case n >= 4 && u.path[n-4] == "projects" && u.path[n-2] == "repos":
		return below(4), "projects/" + url.PathEscape(u.path[n-3]), u.path[n-1], true
	case n >= 4 && u.path[n-4] == "users" && u.path[n-2] == "repos":
		return below(4), "projects/~" + url.PathEscape(u.path[n-3]), u.path[n-1], true
	case n >= 3 && u.path[n-3] == "scm":
		return below(3), "projects/" + url.PathEscape(u.path[n-2]), u.path[n-1], true
	default:
		return "", "", "", false
	}
}

// bitbucketWords reads the message of an error: the cloud's, or a Data Center's
// first.
func bitbucketWords(body []byte) string {
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

// bitbucketClient asks either API. Atlassian keeps no library for Go.
type bitbucketClient struct {
	http        *http.Client
	credentials Credentials
	// basic sends the user name too, not only the token.
	basic bool
}

func (c bitbucketClient) get(ctx context.Context, address string, query url.Values, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	switch {
	case c.basic:
		req.SetBasicAuth(c.credentials.Username, c.credentials.Password)
	case c.credentials.Password != "":
		req.Header.Set("Authorization", "Bearer "+c.credentials.Password)
	}
	_, err = getJSON(c.http, req, into)
	return err
}

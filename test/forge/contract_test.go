package forge

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const azureAPI = "/tfs/Default/Shop/_apis/git/repositories/api"

// answerOf returns a contract, a request, and what is answered to it.
func answerOf(address, body string) (*http.Request, *httptest.ResponseRecorder) {
	recorder := httptest.NewRecorder()
	recorder.Header().Set("Content-Type", "application/json; charset=utf-8")
	write(recorder, body)
	return httptest.NewRequestWithContext(context.Background(), http.MethodGet, address, nil), recorder
}

// The contracts would refuse of a forge what is right if they refused it of the
// vendors' own examples. Some of those are older than the description: what it
// has renamed, added or taken away since is listed.
func TestTheVendorsOwnExamplesAreAsTheVendorsDescribe(t *testing.T) {
	const repository = "/repos/acme/api"
	for _, c := range []struct{ example, address, outdated string }{
		{"github/repository", repository, "language network_count security_and_analysis subscribers_count"},
		{"github/pulls", repository + "/pulls", "network_count subscribers_count template_repository type"},
		{"github/pull", repository + "/pulls/1", "type"},
		{"github/files", repository + "/pulls/1/files", ""},
		{"github/branches", repository + "/branches", "checks"},
		{"github/tags", repository + "/tags", ""},
		{"github/ref", repository + "/git/ref/heads/feature/x", ""},
		{"github/tag", repository + "/git/tags/c0ffee", ""},
		{"github/installation", "/orgs/acme/installation", ""},
		{"azuredevops/repository", azureAPI, ""},
		{"azuredevops/pullrequests", azureAPI + "/pullrequests", ""},
		{"azuredevops/completed", azureAPI + "/pullrequests", ""},
		{"azuredevops/pullrequest", azureAPI + "/pullrequests/1", ""},
		{"azuredevops/heads", azureAPI + "/refs", ""},
		{"azuredevops/tags", azureAPI + "/refs", ""},
	} {
		t.Run(c.example, func(t *testing.T) {
			contract := gitHubContract()
			if path.Dir(c.example) == "azuredevops" {
				contract = azureContract()
			}
			err := contract.answer(answerOf(c.address, string(Example(c.example))))
			if got := breaches(err); got != c.outdated {
				t.Errorf("outdated is %s, want %s: %v", got, c.outdated, err)
			}
		})
	}
}

var breach = regexp.MustCompile(`property "(\w+)" is (missing|unsupported)`)

// breaches are the fields that an error is about; all of it, where it is about
// anything else.
func breaches(err error) string {
	fields := map[string]bool{}
	text := fmt.Sprint(err)
	for _, found := range breach.FindAllStringSubmatch(text, -1) {
		fields[found[1]] = true
	}
	if err != nil && len(fields) == 0 || strings.Contains(text, "must be") || strings.Contains(text, "allowed values") {
		return text
	}
	return strings.Join(slices.Sorted(maps.Keys(fields)), " ")
}

func TestARequestThatNoVendorDescribesIsFoundOut(t *testing.T) {
	for _, c := range []struct {
		name     string
		contract *contract
		method   string
		address  string
		body     string
		want     string
	}{
		{"a path", gitHubContract(), "GET", "/repos/acme/api/pull", "", "none of the operations that github describes"},
		{"a method", gitHubContract(), "DELETE", "/repos/acme/api/pulls", "", "none of the operations"},
		{"a path that is not below the server's", giteaContract(), "GET", "/repos/acme/api/pulls", "", "none of the operations"},
		{"a name with a slash where there is to be a number", gitHubContract(), "GET", "/repos/acme/api/pulls/1/2", "", "none of the operations"},
		{"a parameter", gitHubContract(), "GET", "/repos/acme/api/pulls?limit=50", "", `the parameter "limit" is not described`},
		{"a word that is not among those of a parameter", gitHubContract(), "GET", "/repos/acme/api/pulls?state=opened", "", `parameter "state"`},
		{"a text in the place of a number", giteaContract(), "GET", "/git/api/v1/repos/acme/api/pulls?page=next", "", `parameter "page"`},
		{"a number that is none", azureContract(), "GET", azureAPI + "/pullrequests/one?api-version=7.0", "", `parameter "pullRequestId"`},
		{"a parameter that is missing", azureContract(), "GET", azureAPI + "/pullrequests", "", `parameter "api-version"`},
		{"a body", gitHubContract(), "GET", "/repos/acme/api/pulls", "{}", "no body is described"},
		{"another body", gitHubContract(), "POST", "/app/installations/1/access_tokens", `{"repositories": "api"}`, "request body"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), c.method, c.address, strings.NewReader(c.body))
			r.Header.Set("Content-Type", "application/json")
			if err := c.contract.request(r); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestAnAnswerThatNoVendorDescribesIsFoundOut(t *testing.T) {
	change := func(example, from, to string) string {
		changed := strings.Replace(string(Example(example)), from, to, 1)
		if changed == string(Example(example)) {
			panic(from + " is not in " + example)
		}
		return changed
	}
	for _, c := range []struct {
		name     string
		contract *contract
		address  string
		body     string
		want     string
	}{
		{"a field that is missing", gitHubContract(), "/repos/a/b/pulls", change("github/pulls", `"state"`, `"status"`), `property "state" is missing`},
		{"a field that is not described", gitHubContract(), "/repos/a/b/pulls", change("github/pulls", `"title"`, `"Title"`), `"Title" is unsupported`},
		{"a field of a part", gitHubContract(), "/repos/a/b/pulls/1", change("github/pull", `"ref"`, `"branch"`), `"branch" is unsupported`},
		{"a number in the place of a text", gitHubContract(), "/repos/a/b/tags", change("github/tags", `"v0.1"`, `1`), "value must be a string"},
		{"an object in the place of a list", gitHubContract(), "/repos/a/b/tags", `{}`, "value must be an array"},
		{"a list in the place of a count and its values", azureContract(), azureAPI + "/pullrequests", `[]`, "value must be an object"},
		{"a state", azureContract(), azureAPI + "/pullrequests", change("azuredevops/pullrequests", `"active"`, `"open"`), "not one of the allowed values"},
		{"a field of what is described in parts", azureContract(), azureAPI + "/pullrequests", change("azuredevops/pullrequests", `"displayName"`, `"name"`), `"name" is unsupported`},
		{"a date", giteaContract(), "/git/api/v1/repos/a/b/pulls/1", `{"updated_at": "yesterday"}`, "date-time"},
		{"broken JSON", giteaContract(), "/git/api/v1/repos/a/b/pulls/1", `{`, "unexpected end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := c.contract.answer(answerOf(c.address, c.body)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	t.Run("a status", func(t *testing.T) {
		r, recorder := answerOf("/repos/acme/api/pulls", "[]")
		recorder.Code = http.StatusAccepted
		if err := gitHubContract().answer(r, recorder); err == nil || !strings.Contains(err.Error(), "not described") {
			t.Error(err)
		}
	})
	t.Run("a content type", func(t *testing.T) {
		r, recorder := answerOf("/repos/acme/api/pulls", "[]")
		recorder.Header().Set("Content-Type", "text/html")
		if err := gitHubContract().answer(r, recorder); err == nil || !strings.Contains(err.Error(), "content type") {
			t.Error(err)
		}
	})
}

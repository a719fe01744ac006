package source

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// maxInputs bounds the answer of a service, in bytes.
const maxInputs = 900 << 10

// externalService is a service of the user's own that answers with the input
// sets themselves:
//
//	GET https://previews.example.com/api
//
//	{"inputs": [{"id": "42", "branch": "feature/x", "replicas": 2}]}
type externalService struct {
	url string
	// key is the query of the URL, which may hold one.
	key   string
	login Credentials
	http  *http.Client
}

// serviceURL is the URL of a service without its query, which may hold a key.
type serviceURL string

// String returns the URL.
func (u serviceURL) String() string {
	if parsed, err := url.Parse(string(u)); err == nil {
		return parsed.Scheme + "://" + parsed.Host + parsed.EscapedPath()
	}
	return "the service"
}

func newExternalService(config Config) (Source, error) {
	const form = "https://HOST/PATH, or with spec.insecure http://HOST/PATH"
	parsed, err := url.Parse(config.URL)
	switch {
	case err != nil || parsed.Host == "":
		return nil, fmt.Errorf("parsing the URL of the service: it is not a URL; expected %s", form)
	case parsed.User != nil:
		return nil, fmt.Errorf("parsing the URL of the service: it holds credentials, which belong in a Secret named by spec.secretRef")
	case parsed.Scheme == "https", parsed.Scheme == "http" && config.Insecure:
		return &externalService{url: config.URL, key: parsed.RawQuery, login: config.Credentials, http: newHTTPClient(config)}, nil
	default:
		return nil, fmt.Errorf("parsing the URL of the service: %q does not start with https://; expected %s", serviceURL(config.URL), form)
	}
}

// List implements Source. The service's order is kept.
func (s *externalService) List(ctx context.Context, _ Query) ([]Item, error) {
	body, err := s.get(ctx)
	if err != nil {
		return nil, hidden{failed("asking for the inputs", serviceURL(s.url), err), []string{s.key}}
	}
	items, err := readInputs(body)
	if err != nil {
		return nil, failed("reading the inputs", serviceURL(s.url), &answer{what: err.Error(), kind: errBadInputs})
	}
	return items, nil
}

// Lookup implements Source. An answer is one document, whole or an error, so
// what it lacks is gone.
func (s *externalService) Lookup(_ context.Context, id string) (Item, error) {
	return Item{}, fmt.Errorf("input %q of %s: %w", id, serviceURL(s.url), ErrNotFound)
}

func (s *externalService) get(ctx context.Context) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	switch {
	case s.login.Token != "":
		req.Header.Set("Authorization", "Bearer "+s.login.Token)
	case s.login.Password != "":
		req.SetBasicAuth(s.login.Username, s.login.Password)
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it is in memory
	return io.ReadAll(resp.Body)
}

// errBadInputs is a service that answers with something else than inputs.
var errBadInputs = fmt.Errorf(`correct the service: it is to answer {"inputs": [{"id": "TEXT", …}, …]}: %w`, ErrInvalidAnswer)

// readInputs reads the answer of a service. An answer without a list is no
// empty list.
func readInputs(body []byte) ([]Item, error) {
	if len(body) > maxInputs {
		return nil, fmt.Errorf("the answer is larger than %d KiB", maxInputs>>10)
	}
	var answer struct {
		Inputs *[]v1.ResourceSetInput `json:"inputs"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf("the answer is not an object with a list of objects: %w", err)
	}
	if answer.Inputs == nil {
		return nil, fmt.Errorf("the answer has no list under the key inputs")
	}
	items := make([]Item, 0, len(*answer.Inputs))
	seen := map[string]bool{}
	for n, values := range *answer.Inputs {
		id, err := inputID(values)
		switch {
		case err != nil:
			return nil, fmt.Errorf("inputs[%d]: %w", n, err)
		case seen[id]:
			return nil, fmt.Errorf("inputs[%d]: the id %q is there twice", n, id)
		}
		seen[id] = true
		items = append(items, Item{ID: id, Values: values})
	}
	return items, nil
}

// inputID returns the id of an input, and refuses values that no template can
// make anything of.
func inputID(values v1.ResourceSetInput) (string, error) {
	var id string
	if raw := values["id"]; raw == nil || json.Unmarshal(raw.Raw, &id) != nil || id == "" {
		return "", fmt.Errorf("the id is not a text")
	}
	for key, value := range values {
		if value == nil {
			return "", fmt.Errorf("the value of %q is null: leave it out", key)
		}
	}
	return id, nil
}

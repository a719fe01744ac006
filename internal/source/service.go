package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/transport"
)

// maxInputs bounds the answer of a service, in bytes.
const maxInputs = 900 << 10

// service is a service of the user's own that answers with the input
// sets themselves:
//
//	GET https://previews.example.com/api
//
//	{"inputs": [{"id": "42", "branch": "feature/x", "replicas": 2}]}
type service struct {
	url   string
	login transport.Credentials
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

func newService(config Config) (lister, error) {
	const form = "https://HOST/PATH, or with spec.insecure http://HOST/PATH"
	parsed, err := url.Parse(config.URL)
	switch {
	case err != nil || parsed.Host == "":
		return nil, fmt.Errorf("parsing the URL of the service: it is not a URL; expected %s", form)
	case parsed.User != nil:
		return nil, fmt.Errorf("parsing the URL of the service: it holds credentials, which belong in a Secret named by spec.secretRef")
	case parsed.Scheme == "https", parsed.Scheme == "http" && config.Insecure:
		return &service{url: config.URL, login: config.Credentials, http: transport.NewClient(config.Way(), transport.Dialect{})}, nil
	default:
		return nil, fmt.Errorf("parsing the URL of the service: %q does not start with https://; expected %s", serviceURL(config.URL), form)
	}
}

// List implements Source. The service's order is kept.
func (s *service) List(ctx context.Context, _ Query) ([]Item, error) {
	body, err := s.get(ctx)
	if err != nil {
		return nil, transport.Failed("asking for the inputs", serviceURL(s.url), err)
	}
	items, err := readInputs(body)
	if err != nil {
		return nil, transport.Failed("reading the inputs", serviceURL(s.url), &transport.Error{What: err.Error(), Kind: errBadInputs})
	}
	return items, nil
}

// Lookup implements Source. An answer is one document, whole or an error, so
// what it lacks is gone.
func (s *service) Lookup(_ context.Context, id string) (Item, error) {
	return Item{}, fmt.Errorf("input %q of %s: %w", id, serviceURL(s.url), transport.ErrNotFound)
}

func (s *service) get(ctx context.Context) ([]byte, error) {
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
var errBadInputs = fmt.Errorf("these are no inputs: %w", transport.ErrInvalidAnswer)

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
		return nil, fmt.Errorf("the answer is not an object with a list of objects")
	}
	if answer.Inputs == nil {
		return nil, fmt.Errorf("the answer has no list under the key inputs")
	}
	if len(*answer.Inputs) > maxOwn {
		return nil, fmt.Errorf("the answer has %d inputs, and may have at most %d", len(*answer.Inputs), maxOwn)
	}
	items := make([]Item, 0, len(*answer.Inputs))
	seen := map[string]bool{}
	for n, values := range *answer.Inputs {
		item := readInput(values)
		if item.ID == "" {
			item.ID, item.Nameless = fmt.Sprintf("inputs[%d]", n), true
		} else if seen[item.ID] {
			item = Item{ID: fmt.Sprintf("inputs[%d]", n), Refused: fmt.Errorf("the id %.60q is there twice, and the first one has it", item.ID)}
		}
		seen[item.ID] = true
		items = append(items, item)
	}
	return items, nil
}

// readInput returns an input, or one that is refused: without an id, or with
// values that no template can make anything of.
func readInput(values v1.ResourceSetInput) Item {
	var item Item
	if raw := values["id"]; raw == nil || json.Unmarshal(raw.Raw, &item.ID) != nil || item.ID == "" {
		return Item{Refused: errors.New("the id is not a text")}
	}
	if len(item.ID) > forge.MaxText {
		item.Refused = fmt.Errorf("the id takes %d bytes, and a text takes at most %d: shorten it", len(item.ID), forge.MaxText)
		return item
	}
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if value := values[key]; value == nil || string(value.Raw) == "null" {
			item.Refused = fmt.Errorf("the value of %.60q is null: leave it out", key)
			return item
		}
	}
	item.Values = values
	return item
}

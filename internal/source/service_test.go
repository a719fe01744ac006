package source_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func ask(t *testing.T, s *forge.Service, login transport.Credentials) source.Source {
	t.Helper()
	service, err := source.New(source.Config{Type: v1.InputProviderExternalService, URL: s.URL, Insecure: true, Credentials: login})
	if err != nil {
		t.Fatal(err)
	}
	return service
}

func TestAServiceSaysWhatTheInputsAre(t *testing.T) {
	s := forge.NewService(t)
	s.Say(map[string]any{"id": "b", "replicas": 2, "tags": []string{"x"}}, map[string]any{"id": "a", "nested": map[string]any{"on": true}})
	for _, login := range []transport.Credentials{{Token: forge.Token}, {Username: "flux", Password: forge.Token}} {
		items := list(t, ask(t, s, login))
		if len(items) != 2 || items[0].ID != "b" || string(items[0].Values["replicas"].Raw) != "2" ||
			string(items[1].Values["nested"].Raw) != `{"on":true}` || !items[0].IsComplete() {
			t.Errorf("listed %+v", items)
		}
	}
	s.Say()
	if items := list(t, ask(t, s, transport.Credentials{Token: forge.Token})); len(items) != 0 {
		t.Errorf("an empty list has %v", items)
	}
}

func TestWhatAServiceDoesNotSayIsGone(t *testing.T) {
	service := ask(t, forge.NewService(t), transport.Credentials{Token: forge.Token})
	if _, err := service.Lookup(context.Background(), "a"); !errors.Is(err, transport.ErrNotFound) {
		t.Errorf("looking up: %v", err)
	}
}

func TestEveryBadAnswerOfAServiceIsAnErrorThatSaysWhatToDo(t *testing.T) {
	json := func(body string) forge.Fault { return forge.Body("application/json", body) }
	cases := map[string]struct {
		fault forge.Fault
		kind  error
		words string
	}{
		"no list":             {json(`{}`), transport.ErrInvalidAnswer, "no list under the key inputs"},
		"a null list":         {json(`{"inputs": null}`), transport.ErrInvalidAnswer, "no list under the key inputs"},
		"a list alone":        {json(`[{"id": "a"}]`), transport.ErrInvalidAnswer, "not an object"},
		"an input that is no": {json(`{"inputs": ["a"]}`), transport.ErrInvalidAnswer, "not an object"},
		"too much":            {json(`{"inputs": [{"id": "a", "b": "` + strings.Repeat("x", 900<<10) + `"}]}`), transport.ErrInvalidAnswer, "larger than 900 KiB"},
		"a truncated body":    {forge.Truncated(), transport.ErrInvalidAnswer, "ended early"},
		"an empty body":       {json(""), transport.ErrInvalidAnswer, "an empty body"},
		"a sign-in page":      {forge.SignInPage(http.StatusOK), transport.ErrInvalidAnswer, "a web page"},
		"a redirect":          {forge.Redirect("http://127.0.0.1:1/elsewhere"), transport.ErrUnauthorized, "redirected to"},
		"500":                 {forge.Status(http.StatusInternalServerError), transport.ErrUnavailable, "500"},
		"a wrong token":       {forge.Echo(), transport.ErrForbidden, "403"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := forge.NewService(t)
			s.Break(c.fault)
			_, err := ask(t, s, transport.Credentials{Token: forge.Token}).List(context.Background(), source.Query{})
			if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.words) {
				t.Fatalf("listing: %v", err)
			}
			if strings.Contains(err.Error(), forge.Token) || strings.Contains(err.Error(), "in-the-query") {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
}

func TestAnInputOfAServiceThatIsNoneIsRefusedAndTheOthersAreNot(t *testing.T) {
	for name, c := range map[string]struct {
		input, id, words string
		nameless         bool
	}{
		"no id":          {`{"name": "b"}`, "inputs[1]", "the id is not a text", true},
		"a number as id": {`{"id": 1}`, "inputs[1]", "the id is not a text", true},
		"an empty id":    {`{"id": ""}`, "inputs[1]", "the id is not a text", true},
		"a null input":   {`null`, "inputs[1]", "the id is not a text", true},
		"an id twice":    {`{"id": "a"}`, "inputs[1]", `the id "a" is there twice`, false},
		"a null value":   {`{"id": "b", "c": null}`, "b", `the value of "c" is null`, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := forge.NewService(t)
			s.Break(forge.Body("application/json", `{"inputs": [{"id": "a"}, `+c.input+`]}`))
			items := list(t, ask(t, s, transport.Credentials{Token: forge.Token}))
			if len(items) != 2 || items[0].ID != "a" || items[0].Refused != nil {
				t.Fatalf("listed %+v", items)
			}
			odd := items[1]
			if odd.ID != c.id || odd.Nameless != c.nameless || odd.Refused == nil || !strings.Contains(odd.Refused.Error(), c.words) {
				t.Errorf("the odd one is %+v", odd)
			}
		})
	}
}

func TestTheURLOfAServiceIsHTTPSUnlessItIsInsecure(t *testing.T) {
	for url, ok := range map[string]bool{"https://example.com/previews": true, "http://example.com": false, "https://": false, "https://u:s3cret@example.com": false, "oci://example.com": false} {
		_, err := source.New(source.Config{Type: v1.InputProviderExternalService, URL: url})
		if (err == nil) != ok || err != nil && (strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "of the service")) {
			t.Errorf("%s: %v", url, err)
		}
	}
}

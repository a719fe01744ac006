package source_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestAFieldThatIsLargerThanAnyForgesIsNamedAndTheOthersAreListed(t *testing.T) {
	large := strings.Repeat("x", 4097)
	many := make([]string, 257)
	for n := range many {
		many[n] = fmt.Sprint("label", n)
	}
	for name, c := range map[string]struct {
		odd   forge.Request
		words string
	}{
		"title":            {forge.Request{Title: large}, "title takes 4097 bytes, and a text takes at most 4096"},
		"branch":           {forge.Request{Branch: large}, "branch takes 4097 bytes"},
		"target":           {forge.Request{Target: large}, "targetBranch takes 4097 bytes"},
		"author":           {forge.Request{Author: large}, "author takes 4097 bytes"},
		"a label":          {forge.Request{Labels: []string{"a", large}}, "labels[1] takes 4097 bytes"},
		"number of labels": {forge.Request{Labels: many}, "it has 257 labels, and may have at most 256"},
	} {
		t.Run(name, func(t *testing.T) {
			f := forge.NewGitHub(t)
			f.Open(forge.Request{Title: large[:4096], Labels: many[:256]})
			f.Open(c.odd)
			repository := open(t, f, forge.Token)
			items := list(t, repository)
			if len(items) != 2 || items[1].Refused != nil || len(items[1].Labels) != 256 || len(items[1].Title) != 4096 {
				t.Fatalf("listed %d", len(items))
			}
			found, err := repository.Lookup(t.Context(), "2")
			if err != nil {
				t.Fatal(err)
			}
			for _, odd := range []source.Item{items[0], found} {
				if odd.ID != "2" || odd.Refused == nil || !strings.Contains(odd.Refused.Error(), c.words) {
					t.Errorf("it is refused for %v", odd.Refused)
				}
				if len(odd.Title) > 4096 || len(odd.Labels) != len(c.odd.Labels) {
					t.Error("its title takes place, or it lost labels, which filters go by")
				}
			}
		})
	}
}

func TestAListingHasABoundOfWhatIsReadAndOneOfWhatIsKept(t *testing.T) {
	f := forge.NewGitHub(t)
	for range 250 {
		f.Open(forge.Request{Title: strings.Repeat("x", 400)})
	}
	for name, c := range map[string]struct {
		bounds transport.Bounds
		words  string
	}{
		"read": {transport.Bounds{Read: 64 << 10}, "the whole listing is larger than 64 KiB: narrow what the provider watches, or split it"},
		"kept": {transport.Bounds{Kept: 100 << 10}, "the listing holds more than 100 KiB: narrow what the provider watches, or split it"},
	} {
		t.Run(name, func(t *testing.T) {
			config := configOf(f, f.Type, forge.Token)
			config.Bounds = c.bounds
			for range 2 { // what was answered before counts as well
				if _, err := openWith(t, config).List(t.Context(), source.Query{}); err == nil || !strings.Contains(err.Error(), c.words) {
					t.Errorf("got %v", err)
				}
			}
		})
	}
	if items := list(t, open(t, f, forge.Token)); len(items) != 250 {
		t.Errorf("listed %d", len(items))
	}
}

func TestAnAnswerThatWasGivenBeforeCountsAgain(t *testing.T) {
	f := forge.NewGitHub(t)
	for range 250 {
		f.Open(forge.Request{Title: strings.Repeat("x", 400)})
	}
	config := configOf(f, f.Type, forge.Token)
	config.Pools = transport.NewPools(time.Now, transport.LocalNetworks())
	list(t, openWith(t, config))
	config.Bounds.Read = 64 << 10
	if _, err := openWith(t, config).List(t.Context(), source.Query{}); err == nil || !strings.Contains(err.Error(), "the whole listing is larger than 64 KiB") {
		t.Errorf("got %v", err)
	}
}

// small are answers of some MiB, and of many values that libraries make a struct of each.
func small(before, after string) map[string]string {
	out := map[string]string{}
	for _, each := range []string{"{}", "[]", "0", "null", `""`, `{"a":{"b":[]}}`} {
		out[each] = before + strings.Repeat(each+",", 200_000) + each + after
	}
	return out
}

func TestAnAnswerOfManySmallValuesIsRefusedAndNotDecoded(t *testing.T) {
	const words = "the answer takes more than 64 MiB once it is read: narrow what the provider watches, or split it"
	for _, start := range forges {
		f := start(t)
		f.Open(forge.Request{})
		repository := open(t, f, forge.Token)
		for each, text := range small("[", "]") {
			t.Run(f.Type+" "+each, func(t *testing.T) {
				f.Break(forge.Body("application/json", text))
				if _, err := repository.List(t.Context(), source.Query{}); err == nil || !strings.Contains(err.Error(), words) || !errors.Is(err, transport.ErrTooMuch) {
					t.Errorf("got %.300v", err)
				}
			})
		}
		f.Mend()
		if items := list(t, repository); len(items) != 1 {
			t.Errorf("%s: listed %d after that", f.Type, len(items))
		}
	}
}

func TestNullOnAPageIsNoItem(t *testing.T) {
	for _, start := range forges {
		f := start(t)
		f.Open(forge.Request{})
		repository := open(t, f, forge.Token)
		for _, text := range []string{"[null]", `{"value": [null], "count": 1}`, `{"values": [null]}`, `{"pullRequestIds": [null]}`} {
			f.Break(forge.Body("application/json", text))
			if items, err := repository.List(t.Context(), source.Query{}); !errors.Is(err, transport.ErrInvalidAnswer) {
				t.Errorf("%s: of %s it listed %d, %v", f.Type, text, len(items), err)
			}
		}
	}
}

func TestAServiceBringsNoMoreThanTenThousandInputs(t *testing.T) {
	s := forge.NewService(t)
	service := ask(t, s, transport.Credentials{Token: forge.Token})
	say := func(count int) {
		inputs := make([]string, count)
		for n := range inputs {
			inputs[n] = fmt.Sprintf(`{"id":"%d"}`, n)
		}
		s.Break(forge.Body("application/json", `{"inputs": [`+strings.Join(inputs, ",")+`]}`))
	}
	say(10_000)
	if items := list(t, service); len(items) != 10_000 {
		t.Errorf("listed %d", len(items))
	}
	say(10_001)
	if _, err := service.List(t.Context(), source.Query{}); err == nil || !strings.Contains(err.Error(), "the answer has 10001 inputs, and may have at most 10000") {
		t.Errorf("got %v", err)
	}
	s.Break(forge.Body("application/json", `{"inputs": [{"id": "a"}, {"id": "`+strings.Repeat("x", 5000)+`"}]}`))
	if items := list(t, service); len(items) != 2 || items[0].Refused != nil || items[1].Refused == nil {
		t.Errorf("listed %d, and not the second refused", len(items))
	}
}

func TestSelectorsPickNoMoreThanTenThousandArtifacts(t *testing.T) {
	count := 10_000
	artifacts := openWith(t, source.Config{
		Type: v1.InputProviderExternalArtifact,
		Artifacts: func(context.Context) ([]source.Artifact, error) {
			out := make([]source.Artifact, count)
			for n := range out {
				out[n] = source.Artifact{Namespace: "a", Name: fmt.Sprint(n)}
			}
			return append(out, out[0]), nil
		},
	})
	if items := list(t, artifacts); len(items) != count {
		t.Errorf("listed %d", len(items))
	}
	count++
	if _, err := artifacts.List(t.Context(), source.Query{}); err == nil || !strings.Contains(err.Error(), "spec.selectors pick 10001 ExternalArtifacts, and may pick at most 10000: narrow") {
		t.Errorf("got %v", err)
	}
}

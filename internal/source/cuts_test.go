package source_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// cut ends one of the answers to a listing early.
type cut struct {
	// listing asks, and returns how many items there are.
	listing func() (int, error)
	// put lets a fault answer, nil none.
	put func(forge.Fault)
	// fault ends an answer after so many bytes.
	fault func(bytes int) forge.Fault
}

// everywhere cuts each answer of a listing at each byte, with -short at one in
// eleven. What comes of it is an error, or the list as it is: where white space is
// cut.
func (c cut) everywhere(t *testing.T) {
	t.Helper()
	asked := 0
	c.put(func(http.ResponseWriter, *http.Request) bool { asked++; return false })
	want, err := c.listing()
	if err != nil || want == 0 {
		t.Fatalf("listed %d: %v", want, err)
	}
	step := 1
	if testing.Short() {
		step = 11
	}
	cuts, refused := 0, 0
	for nth := range asked {
		for at, whole := 0, false; !whole; at += step {
			count := 0
			whole = true // where it is not asked for again, such as a token
			c.put(func(w http.ResponseWriter, r *http.Request) bool {
				if count++; count-1 != nth {
					return false
				}
				size := &sized{ResponseWriter: w}
				done := c.fault(at)(size, r)
				whole = size.bytes < at
				return done
			})
			got, err := c.listing()
			if err == nil && got != want {
				t.Errorf("answer %d, cut after %d bytes: listed %d of %d", nth, at, got, want)
			}
			cuts++
			if err != nil {
				refused++
			}
			if err != nil && whole {
				t.Fatalf("answer %d, cut after %d bytes, is whole: %v", nth, at, err)
			}
		}
	}
	t.Logf("%d answers, cut at %d bytes: %d refused", asked, cuts, refused)
}

// sized counts what is answered.
type sized struct {
	http.ResponseWriter
	bytes int
}

func (s *sized) Write(p []byte) (int, error) {
	s.bytes += len(p)
	return s.ResponseWriter.Write(p)
}

func TestAListingThatIsCutAtAnyByteIsNoShorterList(t *testing.T) {
	for name, start := range forges {
		if name == "GitHubCom" || name == "GitHubRegion" { // which answer as GitHub does
			continue
		}
		for thing, kind := range map[string]func(*forge.Forge) string{
			"requests": func(f *forge.Forge) string { return f.Type },
			"branches": func(f *forge.Forge) string { return f.BranchType },
			"tags":     func(f *forge.Forge) string { return f.TagType },
		} {
			t.Run(name+" "+thing, func(t *testing.T) {
				t.Parallel()
				f := start(t)
				f.Open(forge.Request{Labels: []string{"ready"}})
				if name != "GitHub" || thing != "requests" { // of which each is long
					f.Open(forge.Request{})
				}
				f.Tag("v1", shaA)
				f.Annotate("v2", shaB)
				cut{put: f.Break, fault: f.CutShort, listing: lengthOf(openAs(t, f, kind(f), forge.Token))}.everywhere(t)
			})
		}
	}
}

// lengthOf lists what there is, and tells how much.
func lengthOf(src source.Source) func() (int, error) {
	return func() (int, error) {
		items, err := src.List(context.Background(), source.Query{})
		return len(items), err
	}
}

// cutBody answers an end of a path with the first bytes of a text.
func cutBody(end, text string) func(int) forge.Fault {
	return func(bytes int) forge.Fault {
		fault := forge.Body("application/json", text[:min(bytes, len(text))])
		return func(w http.ResponseWriter, r *http.Request) bool {
			return strings.HasSuffix(r.URL.Path, end) && fault(w, r)
		}
	}
}

func TestAServiceThatIsCutAtAnyByteSaysNothing(t *testing.T) {
	s := forge.NewService(t)
	s.Say(map[string]any{"id": "1", "branch": "a"}, map[string]any{"id": "2", "branch": "b"})
	service := openWith(t, source.Config{
		Type: v1.InputProviderExternalService, URL: s.URL, Insecure: true, Credentials: transport.Credentials{Token: forge.Token},
	})
	const text = `{"inputs": [{"id": "1", "branch": "a"}, {"id": "2", "branch": "b"}]}`
	cut{put: s.Break, fault: cutBody("", text), listing: lengthOf(service)}.everywhere(t)
}

func TestARegistrysTagsThatAreCutAtAnyByteAreNoShorterList(t *testing.T) {
	registry := forge.NewRegistry(t)
	registry.Push(t, "", "a", "b")
	const text = `{"name": "acme/api", "tags": ["a", "b"]}`
	cut{put: registry.Break, fault: cutBody("/tags/list", text), listing: lengthOf(pull(t, registry))}.everywhere(t)
}

package registry_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/registry"
	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

func TestAPageInThePlaceOfAManifestIsNoImage(t *testing.T) {
	fake := forge.NewRegistry(t)
	fake.Push(t, "", "a")
	for claim, fault := range map[string]forge.Fault{
		"a page to sign in": forge.SignInPage(http.StatusOK),
		"other JSON":        forge.Body("application/json", "{}"),
		"JSON of a type of manifests": func(w http.ResponseWriter, r *http.Request) bool {
			return forge.Body("application/vnd.oci.image.index.v1+json", `{"errors": []}`)(w, r)
		},
		"nothing": forge.Body("application/json", ""),
	} {
		fake.Break(func(w http.ResponseWriter, r *http.Request) bool {
			return strings.Contains(r.URL.Path, "/manifests/") && fault(w, r)
		})
		for _, wanted := range []registry.Wanted{{}, {Platforms: []string{"linux/amd64"}}, {Revision: true}} {
			if image, err := pull(t, fake, forge.Token).Image(context.Background(), "a", wanted); !errors.Is(err, transport.ErrInvalidAnswer) {
				t.Errorf("%s, %+v: found %+v, %v", claim, wanted, image, err)
			}
		}
	}
}

func TestAnIndexOrAListOfManySmallValuesIsRefusedAndNotDecoded(t *testing.T) {
	fake := forge.NewRegistry(t)
	fake.Push(t, "", "a")
	many := strings.Repeat("0,", 1<<20) + "0"
	fake.Break(func(w http.ResponseWriter, r *http.Request) bool {
		switch {
		case strings.Contains(r.URL.Path, "/manifests/"):
			return forge.Body("application/vnd.oci.image.index.v1+json", `{"schemaVersion": 2, "manifests": [`+many+`]}`)(w, r)
		case strings.HasSuffix(r.URL.Path, "/tags/list"):
			return forge.Body("application/json", `{"name": "acme/api", "tags": [`+many+`]}`)(w, r)
		default:
			return false
		}
	})
	_, image := pull(t, fake, forge.Token).Image(t.Context(), "a", registry.Wanted{Revision: true})
	_, tags := pull(t, fake, forge.Token).Tags(t.Context())
	for claim, err := range map[string]error{"the index": image, "the list": tags} {
		if !errors.Is(err, transport.ErrTooMuch) || !strings.Contains(err.Error(), "the answer takes more than 64 MiB once it is read") {
			t.Errorf("of %s: %v", claim, err)
		}
	}
}

func TestARegistryThatDoesNotAnswerHEADOrTellsNoDigestIsAskedForTheManifest(t *testing.T) {
	fake := forge.NewRegistry(t)
	fake.Push(t, "", "a")
	for claim, fault := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"HEAD is refused": func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodHead && forge.Status(http.StatusMethodNotAllowed)(w, r)
		},
		"HEAD is not found": func(w http.ResponseWriter, r *http.Request) bool {
			return r.Method == http.MethodHead && forge.Status(http.StatusNotFound)(w, r)
		},
		"HEAD tells no digest": func(w http.ResponseWriter, r *http.Request) bool {
			w.Header().Set("Content-Type", "application/vnd.oci.image.index.v1+json")
			return r.Method == http.MethodHead
		},
	} {
		fake.Break(func(w http.ResponseWriter, r *http.Request) bool {
			return strings.Contains(r.URL.Path, "/manifests/") && fault(w, r)
		})
		if image, err := pull(t, fake, forge.Token).Image(context.Background(), "a", registry.Wanted{}); err != nil || image.Digest != fake.Digest("a") {
			t.Errorf("%s: found %+v, %v", claim, image, err)
		}
	}
	fake.Break(nil)
	if _, err := pull(t, fake, forge.Token).Image(context.Background(), "b", registry.Wanted{}); !errors.Is(err, registry.ErrNoTag) {
		t.Errorf("a tag that is not there: %v", err)
	}
}

// Whoever pushes the images of a request writes their index, too.
func TestAnIndexThatListsThousandsOfImagesCostsNoThousandsOfRequests(t *testing.T) {
	fake := forge.NewRegistry(t)
	list := strings.TrimSuffix(strings.Repeat(`{"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 2,
		"digest": "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a", "platform": {"os": "linux", "architecture": "amd64"}},`, 5000), ",")
	asked := 0
	fake.Break(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.Contains(r.URL.Path, "/manifests/") {
			return false
		}
		asked++
		return forge.Body("application/vnd.oci.image.index.v1+json", `{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [`+list+`]}`)(w, r)
	})
	for _, wanted := range []registry.Wanted{{Platforms: []string{"linux/arm64"}}, {Revision: true}} {
		_, err := pull(t, fake, forge.Token).Image(context.Background(), "a", wanted)
		if !errors.Is(err, transport.ErrTooMuch) || !strings.Contains(err.Error(), "its index lists more than 50 images") {
			t.Errorf("%+v: %v", wanted, err)
		}
	}
	if asked > 2 {
		t.Errorf("it was asked %d times", asked)
	}
}

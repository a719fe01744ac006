package azuredevops_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/forge/azuredevops"
	"github.com/eddy-previews/eddy/internal/transport"
	fake "github.com/eddy-previews/eddy/test/forge"
)

// A project has one number, however many commits wait for a build.
func TestTheNumberOfTheProjectIsAskedForOnce(t *testing.T) {
	f := fake.NewAzureDevOps(t)
	repository, err := azuredevops.Open(forge.Config{Config: transport.Config{URL: f.URL, Credentials: transport.Credentials{Password: fake.Token}}})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	f.Break(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/_apis/git/repositories/api") {
			asked++
		}
		return false
	})
	for _, sha := range []string{"a", "b", "c"} {
		number := f.Open(fake.Request{SHA: sha})
		if _, err := repository.Checks(t.Context(), forge.Item{ID: fmt.Sprint(number), SHA: sha}, forge.Names{"build*"}); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 {
		t.Errorf("it was asked for %d times", asked)
	}
}

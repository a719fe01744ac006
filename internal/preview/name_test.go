package preview_test

import (
	"errors"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
)

// set is a ResourceSet with previews PROVIDER/ID.
func set(name string, previews ...string) v1.ResourceSet {
	out := v1.ResourceSet{ObjectMeta: metav1.ObjectMeta{Namespace: "app-dev", Name: name}}
	for _, key := range previews {
		at := strings.LastIndex(key, "/")
		out.Status.Previews = append(out.Status.Previews, v1.PreviewStatus{Provider: key[:at], ID: key[at+1:], Ready: "True"})
	}
	return out
}

func TestPreviewsAreNamedShortAndUnambiguously(t *testing.T) {
	for _, test := range []struct {
		name string
		sets []v1.ResourceSet
		want string
	}{
		{"by the provider without its ending", []v1.ResourceSet{set("api-pr-envs", "api-prs/1234", "api-prs/7")}, "api/7 api/1234"},
		{"by the ResourceSet, where it has the inputs itself", []v1.ResourceSet{set("demo-previews", "demo-previews/eu")}, "demo/eu"},
		{"a name that is nothing but an ending stays", []v1.ResourceSet{set("x", "-prs/1")}, "-prs/1"},
		{"two providers that would be called the same keep their names", []v1.ResourceSet{set("a", "api-prs/1"), set("b", "api-mrs/1")}, "api-mrs/1 api-prs/1"},
		{"a provider that has the short name of another keeps it", []v1.ResourceSet{set("a", "api/1"), set("b", "api-prs/1")}, "api/1 api-prs/1"},
		{"two sets of one provider stand in front", []v1.ResourceSet{set("api-envs", "api-prs/1"), set("api-docs", "api-prs/1")}, "api-docs/api-prs/1 api-envs/api-prs/1"},
		{"permutations by their set", []v1.ResourceSet{set("regions", "regions=eu/api-prs=12/869142653")}, "regions/869142653"},
	} {
		t.Run(test.name, func(t *testing.T) {
			previews := preview.Snapshot{Sets: test.sets}.Previews()
			if got := strings.Join(preview.Names(previews), " "); got != test.want {
				t.Errorf("they are called %s, want %s", got, test.want)
			}
		})
	}
}

func TestAPreviewIsFoundByManyNames(t *testing.T) {
	previews := preview.Snapshot{Sets: []v1.ResourceSet{
		set("api-pr-envs", "api-prs/1234", "api-prs/77"), set("web-pr-envs", "web-prs/77"),
		set("one", "shared/5"), set("two", "shared/5"),
		set("regions", "regions=eu/api=12/869142653"),
	}}.Previews()
	for _, test := range []struct{ name, want string }{
		{"api/1234", "api/1234"},
		{"api-prs/1234", "api/1234"},
		{"api-pr-envs/1234", "api/1234"},
		{"api-pr-envs/api-prs/1234", "api/1234"},
		{"1234", "api/1234"},
		{"77", `"77" fits 2 previews: api/77, web/77; name one of them`},
		{"shared/5", `"shared/5" fits 2 previews: one/shared/5, two/shared/5; name one of them`},
		{"one/5", "one/shared/5"},
		{"regions=eu/api=12/869142653", "regions/869142653"},
		{"api/123", `there is no preview "api/123"; did you mean "api/1234"?`},
		{"frobnicate", `there is no preview "frobnicate"`},
		{"", `there is no preview ""`},
	} {
		t.Run(test.name, func(t *testing.T) {
			found, err := preview.Find(test.name, previews)
			got := found.Name
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("it is %s, want %s", got, test.want)
			}
		})
	}
	var missing *preview.NotFoundError
	if _, err := preview.Find("nothing", previews); !errors.As(err, &missing) || len(missing.Known) != len(previews) {
		t.Errorf("the error is %#v", err)
	}
}

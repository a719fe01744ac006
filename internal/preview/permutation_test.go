package preview_test

import (
	"testing"

	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/preview"
)

// permuted is a snapshot of one permutation, and of two providers as they stand.
func permuted(t *testing.T, line, api, web string) preview.Snapshot {
	t.Helper()
	one := v1.ResourceSet{}
	one.Namespace, one.Name = "app-dev", "pairs"
	one.Spec.InputsFrom = []v1.InputProviderReference{{Name: "api"}, {Name: "web"}}
	read(t, `{status: {previews: [{provider: api=12/web=7, id: "77", reason: ReconciliationSucceeded, `+line+`}]}}`, &one)
	out := preview.Snapshot{Sets: []v1.ResourceSet{one}}
	for name, status := range map[string]string{"api": api, "web": web} {
		provider := v1.ResourceSetInputProvider{}
		provider.Namespace, provider.Name = "app-dev", name
		provider.Status.LastExportedRevision = "sha256:1"
		if err := yaml.UnmarshalStrict([]byte(status), &provider.Status); err != nil {
			t.Fatal(err)
		}
		out.Providers = append(out.Providers, provider)
	}
	return out
}

const late = "it is being deployed"

func TestAPermutationIsAtTheCommitThatItsSetHasDeployed(t *testing.T) {
	for _, c := range []struct{ claim, line, api, web, commit, standing string }{
		{"it is up to date", `ready: "True", sha: a`, `{exportedInputs: [{id: "12", sha: a}]}`, `{exportedInputs: [{id: "7"}]}`, "a", ""},
		{"its request was pushed to", `ready: "True", sha: a`, `{exportedInputs: [{id: "12", sha: b}]}`, `{exportedInputs: [{id: "7"}]}`,
			"a", "at commit a, and the request at b: " + late},
		{"the last of its parts has the commit", `ready: "True", sha: a`, `{exportedInputs: [{id: "12"}]}`, `{exportedInputs: [{id: "7", sha: b}]}`,
			"a", "at commit a, and the request at b: " + late},
		{"one of two requests was pushed to", `ready: "True", sha: api=a/web=x`, `{exportedInputs: [{id: "12", sha: a}]}`, `{exportedInputs: [{id: "7", sha: z}]}`,
			"x", "at commit x, and the request at z: " + late},
		{"one of two requests is held", `ready: "True", sha: api=a/web=x`, `{exportedInputs: [{id: "12", sha: a}], held: [{id: "12", sha: b, exportedSHA: a, reason: Paused, message: is paused, since: null}]}`,
			`{exportedInputs: [{id: "7", sha: x}]}`, "a", "at commit a, and the request at b: is paused"},
		{"it is ready, and its set does not say at which commit", `ready: "True"`, `{exportedInputs: [{id: "12", sha: b}]}`, `{exportedInputs: [{id: "7"}]}`, "", ""},
		{"it has never been ready", `ready: "Unknown"`, `{exportedInputs: [{id: "12", sha: b}]}`, `{exportedInputs: [{id: "7"}]}`, "b", ""},
	} {
		t.Run(c.claim, func(t *testing.T) {
			p := permuted(t, c.line, c.api, c.web).Previews()[0]
			if p.Commit != c.commit || p.Standing() != c.standing {
				t.Errorf("it is at %q: %q", p.Commit, p.Standing())
			}
		})
	}
}

func TestEachRequestOfAPermutationSeesItsOwnCommit(t *testing.T) {
	p := permuted(t, `ready: "True", sha: api=a/web=x`, `{exportedInputs: [{id: "12", sha: a, url: "https://a", branch: one}]}`,
		`{exportedInputs: [{id: "7", sha: z, url: "https://x", branch: two}]}`).Previews()[0]
	for _, c := range []struct {
		key                       preview.Key
		commit, head, page, where string
	}{
		{preview.Key{Provider: "api", ID: "12"}, "a", "", "https://a", "one"},
		{preview.Key{Provider: "web", ID: "7"}, "x", "z", "https://x", "two"},
	} {
		if of := p.Of(c.key); of.Commit != c.commit || of.Head != c.head || of.Request != c.page || of.Branch != c.where {
			t.Errorf("%s sees %+v", c.key, of)
		}
	}
	if !p.IsAt("a") || !p.IsAt("x") || p.IsAt("z") {
		t.Error("it is not at the commits of both")
	}
}

func TestTheCommitsOfAPermutationAreReadAsTheyWereWritten(t *testing.T) {
	key := preview.Key{Provider: "api=12/web=7", ID: "77"}
	for _, c := range []struct{ api, web, want string }{
		{"a", "", "a"}, {"", "x", "x"}, {"a", "x", "api=a/web=x"}, {"", "", ""}, {"", "odd=one/two", "web=odd%3Done%2Ftwo"},
	} {
		got := preview.JoinCommits(key, func(part preview.Key) string { return map[string]string{"api": c.api, "web": c.web}[part.Provider] })
		if got != c.want {
			t.Errorf("%+v is written %q", c, got)
		}
		input := func(id, sha string) string {
			if sha == "" {
				return `{exportedInputs: [{id: "` + id + `"}]}`
			}
			return `{exportedInputs: [{id: "` + id + `", sha: "` + sha + `"}]}`
		}
		p := permuted(t, `ready: "True", sha: "`+got+`"`, input("12", c.api), input("7", c.web)).Previews()[0]
		if api, web := p.Of(preview.Key{Provider: "api", ID: "12"}), p.Of(preview.Key{Provider: "web", ID: "7"}); api.Commit != c.api || web.Commit != c.web || p.Head != "" {
			t.Errorf("%+v is read as %q and %q", c, api.Commit, web.Commit)
		}
	}
}

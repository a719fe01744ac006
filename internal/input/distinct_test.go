package input_test

import (
	"strings"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

func TestTheSecondOfTwoInputsWithOneKeyIsRefusedByName(t *testing.T) {
	for name, c := range map[string]struct {
		spec, provider, exported string
		want, named, says        string
	}{
		"twice in the set": {
			spec: `{inputs: [{id: "1"}, {id: "2"}, {id: "1"}]}`,
			want: "previews/1 previews/2 previews/1#3", named: "input 3 of ResourceSet/app-dev/previews", says: "preview previews/1, as input 1 of the same is",
		},
		"a number and a text": {
			spec: `{inputs: [{id: 1}, {id: "1"}]}`,
			want: "previews/1 previews/1#2", named: "input 2 of ResourceSet/app-dev/previews", says: "preview previews/1",
		},
		"twice in a provider": {
			spec: `{inputsFrom: [{name: prs}]}`, provider: "prs", exported: `[{id: "1", sha: a}, {id: "1", sha: b}]`,
			want: "prs/1 prs/1#2", named: "input 2 of ResourceSetInputProvider/app-dev/prs", says: "preview prs/1",
		},
		"a provider with the name of the set": {
			spec: `{inputs: [{id: "1"}], inputsFrom: [{name: previews}]}`, provider: "previews", exported: `[{id: "1"}]`,
			want: "previews/1 previews/1#1", named: "input 1 of ResourceSetInputProvider/app-dev/previews", says: "as input 1 of ResourceSet/app-dev/previews is",
		},
		"an id that is a position": {
			spec: `{inputs: [{id: "#2"}, {env: dev}]}`,
			want: "previews/#2 previews/#2#2", named: "input 2 of ResourceSet/app-dev/previews", says: "preview previews/#2",
		},
		"an id that is another's in place of its own": {
			spec: `{inputs: [{id: "1"}, {id: "1"}, {id: "1#2"}]}`,
			want: "previews/1 previews/1#2#2 previews/1#2", named: "input 2 of", says: "preview previews/1,",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var providers []v1.ResourceSetInputProvider
			if c.provider != "" {
				providers = append(providers, provider(t, c.provider, c.exported))
			}
			combined, err := combine(resourceSet(t, c.spec), providers, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := keys(combined.Sets); got != c.want {
				t.Errorf("the keys are %s, want %s", got, c.want)
			}
			refused := 0
			for _, set := range combined.Sets {
				if set.Err == nil {
					continue
				}
				refused++
				if !strings.Contains(set.String(), c.named) || !strings.Contains(set.Err.Error(), c.says) {
					t.Errorf("%s says %v", set, set.Err)
				}
			}
			if refused != 1 {
				t.Errorf("%d are refused", refused)
			}
		})
	}
}

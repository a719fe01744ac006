package manifest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/manifest"
)

func TestWhatAMappingTakesInIsItsOwn(t *testing.T) {
	const anchor = "base: &base {name: a, image: x}\nmore: &more {image: y, port: 1}\n"
	for _, test := range []struct{ claim, text, want string }{
		{"a key beside it overrides", "own: {<<: *base, name: b}", `{"image":"x","name":"b"}`},
		{"wherever it stands", "own: {name: b, <<: *base}", `{"image":"x","name":"b"}`},
		{"of several the first counts", "own: {<<: [*base, *more]}", `{"image":"x","name":"a","port":1}`},
		{"in another one", "own: {<<: {<<: *base, port: 2}, name: c}", `{"image":"x","name":"c","port":2}`},
		{"in a list", "own: [{<<: *base, name: b}]", `[{"image":"x","name":"b"}]`},
		{"a text that looks like a boolean", `own: {<<: *base, name: "yes", image: yes}`, `{"image":true,"name":"yes"}`},
	} {
		documents, err := manifest.Parse("x.yaml", []byte(anchor+test.text+"\n"))
		if err != nil {
			t.Errorf("%s: %v", test.claim, err)
			continue
		}
		if got, _ := json.Marshal(documents[0].Object.Object["own"]); string(got) != test.want {
			t.Errorf("%s: %s, want %s", test.claim, got, test.want)
		}
	}
}

func TestAKeyThatIsThereTwiceIsFoundBesideAMerge(t *testing.T) {
	for claim, text := range map[string]string{
		"in the mapping that merges": "a: &a {x: 1}\nb:\n  <<: *a\n  y: 1\n  y: 2\n",
		"in another one":             "a: &a {x: 1}\nb: {<<: *a}\nc:\n  z: 1\n\n  z: 2\n",
	} {
		_, err := manifest.Parse("x.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), "already") || !strings.HasPrefix(err.Error(), "x.yaml:5:") && !strings.HasPrefix(err.Error(), "x.yaml:6:") {
			t.Errorf("%s: %v", claim, err)
		}
	}
}

func TestAFieldThatIsTakenInHasTheLineOfTheAnchor(t *testing.T) {
	documents, err := manifest.Parse("x.yaml", []byte("a: &a\n  name: x\nb:\n  <<: *a\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := documents[0].Position(documents[0].At("b", "name")).String(); got != "x.yaml:2:9" {
		t.Errorf("it is at %s", got)
	}
}

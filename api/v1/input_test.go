package v1

import (
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

func TestAnInputTellsItsID(t *testing.T) {
	for written, want := range map[string]string{`"7"`: "7", `7`: "7", `"feature-x"`: "feature-x", `true`: "", `null`: "", `""`: "", `["7"]`: ""} {
		in := ResourceSetInput{"id": &apiextensionsv1.JSON{Raw: []byte(written)}}
		if got := in.ID(); got != want {
			t.Errorf("%s: %q, want %q", written, got, want)
		}
	}
	if got := (ResourceSetInput{"id": nil}).ID() + (ResourceSetInput)(nil).ID(); got != "" {
		t.Errorf("what is not there has the id %q", got)
	}
}

func TestInputsAreEqualByTheirValues(t *testing.T) {
	value := func(raw string) *apiextensionsv1.JSON { return &apiextensionsv1.JSON{Raw: []byte(raw)} }
	one := ResourceSetInput{"id": value(`"7"`), "sha": nil}
	for name, tc := range map[string]struct {
		other ResourceSetInput
		want  bool
	}{
		"the same":             {ResourceSetInput{"id": value(`"7"`), "sha": nil}, true},
		"another value":        {ResourceSetInput{"id": value(`7`), "sha": nil}, false},
		"another name":         {ResourceSetInput{"id": value(`"7"`), "branch": nil}, false},
		"more":                 {ResourceSetInput{"id": value(`"7"`), "sha": nil, "fork": value("true")}, false},
		"a value that is none": {ResourceSetInput{"id": nil, "sha": nil}, false},
	} {
		if got := one.Equal(tc.other); got != tc.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

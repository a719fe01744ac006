package export

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

func TestValuesAreComparedHoweverTheyAreWritten(t *testing.T) {
	for name, c := range map[string]struct{ written, want string }{
		"as Python escapes":      {`"caf\u00e9 \ud83d\ude00"`, `"café 😀"`},
		"keys in any order":      {`{"b": 1, "a": {"d": 2, "c": 3}}`, `{"a":{"c":3,"d":2},"b":1}`},
		"a float that is whole":  {`[1.0, 1e3, 10E-1]`, `[1,1000,1]`},
		"minus zero":             {`[-0, -0.0]`, `[0,0]`},
		"the largest integer":    {`9223372036854775807`, `9223372036854775807`},
		"a larger one":           {`18446744073709551615`, `18446744073709552000`},
		"half a surrogate pair":  {`"\ud800 and \udc00"`, `"� and �"`},
		"bytes that are no text": {"\"a\xff\"", `"a�"`},
		"NUL and other controls": {"\"\\u0000\\u0007\x7f\"", "\"\\u0000\\u0007\x7f\""},
		"a key without a value":  {`{"a": null, "b": [null, {"c": null}]}`, `{"b":[null,{}]}`},
		"the same key twice":     {`{"a": 1, "a": 2}`, `{"a":2}`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := canonical([]byte(c.written))
			if err != nil || string(got) != c.want {
				t.Fatalf("%s is %s, %v; want %s", c.written, got, err, c.want)
			}
			if again, err := canonical(got); err != nil || string(again) != c.want {
				t.Errorf("and once more it is %s, %v", again, err)
			}
		})
	}
}

func TestWhatCannotBeStoredIsAnErrorThatSaysWhy(t *testing.T) {
	for written, words := range map[string]string{
		`{"a": [1e999]}`:  "a number is larger than",
		`NaN`:             "not valid JSON",
		`"a` + "\n" + `"`: "not valid JSON",
		strings.Repeat("[", 200) + strings.Repeat("]", 200): "nested deeper than 100 levels",
	} {
		if got, err := canonical([]byte(written)); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%.30s is %s, %v", written, got, err)
		}
	}
}

// What the API server gives back is what canonical says, or each poll would be
// news.
func TestTheAPIServerKeepsValuesAsTheyAreExported(t *testing.T) {
	namespace := server.Namespace(t)
	for n, written := range []string{
		`"caf\u00e9 \ud83d\ude00 \u2028 <&>"`, `[1.0, 1e3, 1e21, 1e20, 0.1, 1.5e300, -0.0, -0]`, `[9223372036854775807, -9223372036854775808, 18446744073709551615]`,
		`"\ud800"`, "\"a\xff\"", "\"\\u0000\\u0007\\b\\f\x7f\u0085\ufeff\ufffe\"", `{"a": null, "b": [null, {"c": null, "d": [null]}]}`,
		`{"": 1, " ": 2, "a/b~c": 3, "\u0000": 4, "é": 5}`, strings.Repeat("[", 100) + strings.Repeat("]", 100), `true`, `[]`, `{}`, `""`,
	} {
		want, err := canonical([]byte(written))
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		provider := &v1.ResourceSetInputProvider{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("v", n), Namespace: namespace}}
		provider.Spec.Type = v1.InputProviderStatic
		ctx := context.Background()
		if err := server.Client.Create(ctx, provider); err != nil {
			t.Fatal(err)
		}
		before := provider.DeepCopy()
		provider.Status.ExportedInputs = []v1.ResourceSetInput{{"id": jsonText("1"), "v": &apiextensionsv1.JSON{Raw: want}}}
		provider.Status.LastExportedRevision = "x"
		if err := server.Client.Status().Patch(ctx, provider, client.MergeFrom(before)); err != nil {
			t.Errorf("%s: %v", written, err)
			continue
		}
		if err := server.Client.Get(ctx, client.ObjectKeyFromObject(provider), provider); err != nil {
			t.Fatal(err)
		}
		kept, err := json.Marshal(provider.Status.ExportedInputs[0]["v"])
		if err != nil {
			t.Fatal(err)
		}
		if got, err := canonical(kept); err != nil || string(got) != string(want) {
			t.Errorf("%s is exported as %s, and kept as %s, %v", written, want, kept, err)
		}
	}
}

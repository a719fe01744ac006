package render_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	texttemplate "text/template"
	"unicode/utf8"

	"sigs.k8s.io/yaml"
)

// FuzzResourcesTextIsData holds that a value ends up as it is in the fields
// where the template puts it, and changes nothing else.
func FuzzResourcesTextIsData(f *testing.F) {
	for _, title := range hostile {
		f.Add(title)
	}
	f.Fuzz(func(t *testing.T, title string) {
		if !utf8.ValidString(title) {
			t.Skip("a forge's JSON is valid UTF-8")
		}
		got, err := one(t, hostileSet, inputOf("id", "1", "title", title))
		if err != nil {
			if !strings.Contains(err.Error(), "inputs.title holds the character U+") {
				t.Fatal(err)
			}
			return
		}
		var object map[string]any
		if err := yaml.Unmarshal([]byte(got), &object); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"apiVersion": "v1", "kind": "ConfigMap",
			"metadata": map[string]any{"name": "a", "annotations": map[string]any{"title": title}},
			"data":     map[string]any{"plain": title, "mixed": "PR: " + title + "!"},
		}
		if !reflect.DeepEqual(object, want) {
			t.Errorf("%q became %v", title, object)
		}
	})
}

// FuzzResourcesTemplateTextIsData holds that a value changes nothing but one
// scalar of a text, or is refused.
func FuzzResourcesTemplateTextIsData(f *testing.F) {
	for _, title := range hostile {
		f.Add(title)
	}
	spec := `
resourcesTemplate: |
  apiVersion: v1
  kind: ConfigMap
  metadata:
    name: a
  data:
    title: << inputs.title >>
    block: |
      about << inputs.title >>
    quoted: "<< inputs.title >>"
    after: << inputs.id | quote >>
`
	f.Fuzz(func(t *testing.T, title string) {
		got, err := one(t, spec, inputOf("id", "1", "title", title))
		if err != nil {
			return
		}
		var object struct {
			APIVersion, Kind string
			Metadata         map[string]any
			Data             map[string]any
		}
		if err := yaml.Unmarshal([]byte(got), &object); err != nil {
			t.Fatal(err)
		}
		for key, value := range object.Data {
			if _, isText := value.(string); !isText && value != nil {
				t.Errorf("%q made %s a %T", title, key, value)
			}
		}
		if len(object.Data) != 4 || object.Data["after"] != "1" || object.Kind != "ConfigMap" || len(object.Metadata) != 1 {
			t.Errorf("%q became %v", title, object)
		}
	})
}

// FuzzPlainValuesRenderAsWholeText holds that for values without special
// characters nothing differs from rendering the whole YAML as one text.
func FuzzPlainValuesRenderAsWholeText(f *testing.F) {
	for _, value := range []string{"a", "feature", "c0ffee", "x1", "api"} {
		f.Add(value)
	}
	spec := `
apiVersion: v1
kind: ConfigMap
metadata: {name: "a-<< inputs.v >>", annotations: {"k-<< inputs.v >>": "<< inputs.v | quote >>"}}
data: {plain: "<< inputs.v >>", mixed: "pre << inputs.v | upper >> post", trunc: "<< inputs.v | trunc 3 >>"}
nested: {list: ["<< inputs.v >>", {deep: "<< printf \"%s-%d\" inputs.v 3 >>"}]}
`
	f.Fuzz(func(t *testing.T, value string) {
		value = plain(value)
		got, err := one(t, "resources:\n- "+indented(spec), inputOf("v", value))
		if err != nil {
			t.Fatal(err)
		}
		var object, want map[string]any
		if err := yaml.Unmarshal([]byte(got), &object); err != nil {
			t.Fatal(err)
		}
		if err := yaml.Unmarshal([]byte(wholeText(t, spec, value)), &want); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(object, want) {
			t.Errorf("%q became\n%v\nwant\n%v", value, object, want)
		}
	})
}

// plain makes a value without special characters of any text. It begins with
// letters that no word and no number of YAML begins with.
func plain(text string) string {
	letters := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, text)
	return "pr" + letters[:min(len(letters), 40)] + "x"
}

func indented(text string) string {
	return string(bytes.ReplaceAll(bytes.TrimSpace([]byte(text)), []byte("\n"), []byte("\n  ")))
}

// wholeText renders a resource the naive way: its YAML as one template.
func wholeText(t testing.TB, spec, value string) string {
	t.Helper()
	var object map[string]any
	if err := yaml.Unmarshal([]byte(spec), &object); err != nil {
		t.Fatal(err)
	}
	text, err := yaml.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	funcs := texttemplate.FuncMap{
		"inputs": func() map[string]any { return map[string]any{"v": value} },
		"quote":  func(s string) string { return `"` + s + `"` },
		"upper":  func(s string) string { return string(bytes.ToUpper([]byte(s))) },
		"trunc":  func(n int, s string) string { return s[:min(n, len(s))] },
	}
	parsed, err := texttemplate.New("whole").Delims("<<", ">>").Funcs(funcs).Parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := parsed.Execute(&out, nil); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

package render

import (
	texttemplate "text/template"

	sprig "github.com/go-task/slim-sprig/v3"
	"github.com/gosimple/slug"
	"sigs.k8s.io/yaml"
)

// NameOfText is what makes of any text what may be a name, a host or a label: slugify keeps
// the underscores, and a cut may leave a dash at the end.
const NameOfText = `slugify | replace "_" "-" | trunc 40 | trimAll "-"`

// maxSlug is the most that a DNS label may have.
const maxSlug = 63

// functions returns what a template may call, beside the built-ins.
func functions() texttemplate.FuncMap {
	funcs := sprig.HermeticTxtFuncMap()
	funcs["slugify"] = slugify
	funcs["toYaml"] = func(value any) string {
		text, err := mustToYAML(value)
		if err != nil {
			return ""
		}
		return text
	}
	funcs["mustToYaml"] = mustToYAML
	return funcs
}

func mustToYAML(value any) (string, error) {
	text, err := yaml.Marshal(value)
	return string(text), err
}

// Slugify is what the function of that name makes of a text.
func Slugify(text string) string { return slugify(text) }

// slugify makes a DNS label of a text, cut at a word's end where it is too long.
func slugify(text string) string {
	out := slug.MakeLang(text, "en")
	if len(out) <= maxSlug {
		return out
	}
	cut := out[:maxSlug+1]
	for i := len(cut) - 1; i > 0; i-- {
		if cut[i] == '-' {
			return cut[:i]
		}
	}
	return out[:maxSlug]
}

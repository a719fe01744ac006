package supervise

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
)

// tailLines is how much of a log goes into an error.
const tailLines = 15

// Tail is the end of a log, set apart from the sentence that it follows, or
// nothing where there is no log. What is written there for programs, as Flux and
// etcd do, is put into words.
func Tail(path string) string {
	raw, err := os.ReadFile(path)
	text := strings.TrimRight(string(raw), " \n\t")
	if err != nil || text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	lines = slices.Clone(lines[max(0, len(lines)-tailLines):])
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(words(line), "\n", "\n      ")
	}
	return fmt.Sprintf("\nThe end of %s:\n    %s", path, strings.Join(lines, "\n    "))
}

// entry is a line of a log in JSON, as zap writes it. What else it has is for
// whoever looks into the file.
type entry struct {
	Time    any    `json:"ts"` // a text, or seconds
	Level   string `json:"level"`
	Message string `json:"msg"`
	Error   string `json:"error"`
	// Kind, Namespace and Name are of the object that it is about.
	Kind      string `json:"controllerKind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// words is a line of a log as a person reads it: when, how bad, of what, what and why.
// A line that is no entry stays as it is.
func words(line string) string {
	var e entry
	if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &e) != nil || e.Message == "" {
		return line
	}
	object := e.Name
	if e.Namespace != "" {
		object = e.Namespace + "/" + object
	}
	if e.Kind != "" && object != "" {
		object = e.Kind + "/" + object + ":"
	} else {
		object = ""
	}
	why := e.Message
	if e.Error != "" {
		why += ": " + e.Error
	}
	when := ""
	if e.Time != nil {
		when = fmt.Sprint(e.Time)
	}
	return strings.Join(slices.DeleteFunc([]string{when, e.Level, object, why}, func(part string) bool { return part == "" }), " ")
}

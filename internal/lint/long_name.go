package lint

import (
	"fmt"
	"strings"
)

// Names become labels, host names and names of pods, all of 63 characters; of a
// CronJob, Kubernetes makes names of Jobs by adding eleven.
const (
	longest        = 63
	longestCronJob = 52
)

// longName finds names, labels and hosts that the number of a request makes too
// long. Requests with five digits are taken.
func longName(s *Setup) []Finding {
	var out []Finding
	for _, service := range s.Services {
		for _, object := range service.everything() {
			limit := longest
			if object.GetKind() == "CronJob" {
				limit = longestCronJob
			}
			if name := object.GetName(); len(name) > limit {
				out = append(out, Finding{
					Position: object.where("metadata", "name"),
					Message:  fmt.Sprintf("the name of %s %q has %d characters, and at most %d are allowed", object.GetKind(), name, len(name), limit),
					Fix:      "shorten the name or the suffix",
				})
			}
			out = append(out, longLabels(object)...)
		}
	}
	return out
}

// longLabels finds labels of an object, and parts of its hosts, that are too long.
func longLabels(object deployed) []Finding {
	var out []Finding
	for _, leaf := range leaves(object.Object) {
		text, _ := leaf.value.(string)
		path := dotted(leaf.path)
		what := ""
		switch {
		case strings.Contains(path, "metadata.labels.") && len(text) > longest:
			what = "the label"
		case isHost(leaf.path) && len(strings.Split(text, ".")[0]) > longest:
			what = "the first part of the host"
		default:
			continue
		}
		out = append(out, Finding{
			Position: object.where(leaf.path...),
			Message:  fmt.Sprintf("%s %q has more than %d characters", what, text, longest),
			Fix:      "shorten it",
		})
	}
	return out
}

// isHost reports whether a path is that of a host name: of an Ingress, a route or
// a Gateway.
func isHost(path []any) bool {
	keys := strings.FieldsFunc(dotted(path), func(r rune) bool { return r == '.' || r == '[' })
	switch last := keys[len(keys)-1]; {
	case strings.HasSuffix(last, "]") && len(keys) > 1:
		parent := keys[len(keys)-2]
		return parent == "hosts" || parent == "hostnames" || parent == "dnsNames"
	default:
		return len(keys) > 2 && (last == "host" || last == "hostname") && (keys[1] == "rules" || keys[1] == "listeners")
	}
}

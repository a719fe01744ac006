package lint

import (
	"fmt"
	"strings"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// Names become labels, host names and names of pods, all of 63 characters; of a
// CronJob, Kubernetes makes names of Jobs by adding eleven.
const (
	longest        = 63
	longestCronJob = 52
)

// longName finds names, labels and hosts that the number of a request makes too
// long. Requests with five digits are taken.
var longName = inServices(each(everything, longObjectName), each(within(everything, object.values), longValue))

func longObjectName(o object) *Finding {
	limit := longest
	if o.GetKind() == "CronJob" {
		limit = longestCronJob
	}
	if len(o.GetName()) <= limit {
		return nil
	}
	return &Finding{
		Position: o.where("metadata", "name"),
		Message:  fmt.Sprintf("the name of %s %q has %d characters, and at most %d are allowed", o.GetKind(), o.GetName(), len(o.GetName()), limit),
		Fix:      "shorten the name or the suffix",
	}
}

// longValue finds a label, or the first part of a host, that is too long.
func longValue(v value) *Finding {
	text, _ := v.value.(string)
	what := ""
	switch {
	case strings.Contains(manifest.Dotted(v.path), "metadata.labels.") && len(text) > longest:
		what = "the label"
	case isHost(v.path) && len(strings.Split(text, ".")[0]) > longest:
		what = "the first part of the host"
	default:
		return nil
	}
	return &Finding{
		Position: v.object.where(v.path...),
		Message:  fmt.Sprintf("%s %q has more than %d characters", what, text, longest),
		Fix:      "shorten it",
	}
}

// isHost reports whether a path is that of a host name: of an Ingress, a route or
// a Gateway.
func isHost(path []any) bool {
	keys := strings.FieldsFunc(manifest.Dotted(path), func(r rune) bool { return r == '.' || r == '[' })
	switch last := keys[len(keys)-1]; {
	case strings.HasSuffix(last, "]") && len(keys) > 1:
		parent := keys[len(keys)-2]
		return parent == "hosts" || parent == "hostnames" || parent == "dnsNames"
	default:
		return len(keys) > 2 && (last == "host" || last == "hostname") && (keys[1] == "rules" || keys[1] == "listeners")
	}
}

package schedule

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/suggest"
)

// Unheeded is an annotation of Eddy that it does not heed.
type Unheeded struct {
	Key string
	// IsUnknown says that it is the key that nobody knows, and not its value.
	IsUnknown bool
	// Message says what is wrong, and what comes of it; Fix what to do.
	Message, Fix string
}

// switches are annotations that are one of two words.
var switches = []string{v1.ReconcileAnnotation, v1.ForceAnnotation, v1.PruneAnnotation, v1.RecreateOnFailureAnnotation}

// Annotations lists those of Eddy that it does not heed, as they are written: nobody
// knows them, or what they say.
func Annotations(annotations map[string]string, known []string) []Unheeded {
	var out []Unheeded
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		value := annotations[key]
		switch {
		case key == v1.ReconcileEveryAnnotation || key == v1.ReconcileTimeoutAnnotation:
			if d, err := time.ParseDuration(value); err != nil || d <= 0 {
				out = append(out, noDuration(key, value))
			}
		case slices.Contains(switches, key):
			if !strings.EqualFold(value, v1.EnabledValue) && !strings.EqualFold(value, v1.DisabledValue) {
				out = append(out, Unheeded{
					Key:     key,
					Message: fmt.Sprintf("%s: %q is neither %s nor %s, and is not heeded", key, value, v1.EnabledValue, v1.DisabledValue),
					Fix:     "write one of both, or remove the annotation",
				})
			}
		case strings.HasPrefix(key, v1.Group+"/") && !slices.Contains(known, key):
			near := suggest.To(key, known)
			if near == "" {
				continue // it is somebody else's
			}
			out = append(out, Unheeded{
				Key: key, IsUnknown: true,
				Message: fmt.Sprintf("nobody knows the annotation %s, so it is not heeded; did you mean %q?", key, near),
				Fix:     "correct its name",
			})
		}
	}
	return out
}

func noDuration(key, value string) Unheeded {
	meant := Meant(value)
	fix := "write one such as 5m"
	if meant != "" {
		fix = "write " + meant
		meant = fmt.Sprintf("; did you mean %q?", meant)
	}
	return Unheeded{
		Key:     key,
		Message: fmt.Sprintf("%s: %q is no duration, so the default holds%s", key, value, meant),
		Fix:     fix,
	}
}

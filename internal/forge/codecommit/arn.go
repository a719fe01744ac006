package codecommit

import (
	"strings"

	"github.com/eddy-previews/eddy/internal/forge"
)

// arnName returns the last part of an ARN: the name of a user or a session.
func arnName(arn string) string { return arn[strings.LastIndexAny(arn, "/:")+1:] }

// arnLogin returns what of an ARN its holder cannot choose. Who assumes a role,
// or acts for a federated user, names the session as they like.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
func arnLogin(arn string) string {
	parts := strings.SplitN(arn, ":", 6) // arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
	if len(parts) < 6 {
		return forge.Unnamed
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	switch {
	case parts[2] == "iam":
		return arn
	case parts[2] == "sts" && kind == "assumed-role" && strings.Contains(name, "/"):
		return arn[:strings.LastIndex(arn, "/")]
	case parts[2] == "sts":
		return strings.Join(parts[:5], ":") + ":" + kind
	default:
		return forge.Unnamed
	}
}

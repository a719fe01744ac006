package suggest_test

import (
	"testing"

	"github.com/eddy-previews/eddy/internal/suggest"
)

func TestTheNearestNameIsSuggested(t *testing.T) {
	names := []string{"PR_NUMBER", "COMMIT_SHA", "app-common-dev", "api"}
	for _, test := range []struct{ claim, name, want string }{
		{"a letter is missing", "PR_NUMER", "PR_NUMBER"},
		{"the case is wrong", "pr_number", "PR_NUMBER"},
		{"the end is missing", "app-common", "app-common-dev"},
		{"a part of it", "SHA", "COMMIT_SHA"},
		{"nothing like it", "frobnicate", ""},
		{"the name itself is no suggestion", "api", ""},
		{"too short to say", "x", ""},
	} {
		t.Run(test.claim, func(t *testing.T) {
			if got := suggest.To(test.name, names); got != test.want {
				t.Errorf("%q is near %q, want %q", test.name, got, test.want)
			}
		})
	}
	if got := suggest.Hint("ap", names); got != `; did you mean "api"?` {
		t.Errorf("the hint is %s", got)
	}
}

package cli

import (
	"bytes"
	"strings"
	"testing"
)

func TestAnErrorNamesWhatIsWrongAndNotWhatFollowsIt(t *testing.T) {
	nowhere := t.TempDir() + "/nope"
	t.Setenv("KUBECONFIG", nowhere)
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a command that does not exist, before a flag": {[]string{"get", "prs", "-A"}, `eddy get has no command "prs"`},
		"the same at the root":                         {[]string{"frobnicate", "--all"}, `eddy has no command "frobnicate"`},
		"a flag alone":                                 {[]string{"get", "--frob"}, "unknown flag: --frob"},
		"a flag of a command that exists":              {[]string{"get", "previews", "--frob"}, "unknown flag: --frob"},
		"a kubeconfig that is not there":               {[]string{"get", "previews"}, nowhere + ", which does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			root := New(Streams{In: strings.NewReader(""), Out: &out, Err: &out})
			root.SetArgs(c.args)
			err := root.ExecuteContext(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

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
		"a command that does not exist, after a flag":  {[]string{"-n", "a", "getx", "previews"}, `eddy has no command "getx"`},
		"a command that asks no cluster":               {[]string{"-n", "a", "lint", "."}, "`eddy lint` asks no cluster: leave -n out"},
		"a command below another, after a flag":        {[]string{"-n", "a", "suspend", "it"}, `eddy suspend has no command "it"`},
		"the same, and a long flag":                    {[]string{"--context", "a", "version"}, "`eddy version` asks no cluster: leave --context out"},
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

func TestFlagsOfTheClusterMayStandBeforeTheCommand(t *testing.T) {
	t.Setenv("KUBECONFIG", t.TempDir()+"/nope")
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	for _, args := range [][]string{
		{"--context", "other", "get", "previews"}, {"--context=other", "-n", "a", "get", "previews"}, {"-n", "a", "get", "--context", "other", "providers"},
		{"--context", "other", "-n", "a", "describe", "api/1"}, {"-na", "--context", "other", "suspend", "provider", "api-prs"},
		{"--request-timeout", "3s", "--as", "joe", "--context", "other", "reconcile", "preview", "api/1"}, {"-v", "6", "--context", "other", "events"},
		{"--context", "other", "check"}, {"--context", "other", "resume", "-n", "a", "rset", "b"},
	} {
		var out bytes.Buffer
		root := New(Streams{In: strings.NewReader(""), Out: &out, Err: &out})
		root.SetArgs(args)
		if err := root.ExecuteContext(t.Context()); err == nil || !strings.Contains(err.Error(), "other") || !strings.Contains(err.Error(), "context") {
			t.Errorf("eddy %s: %v", strings.Join(args, " "), err)
		}
	}
	var out bytes.Buffer
	root := New(Streams{In: strings.NewReader(""), Out: &out, Err: &out})
	root.SetArgs([]string{"-n", "a"})
	if err := root.ExecuteContext(t.Context()); err != nil || !strings.Contains(out.String(), "Flags of the cluster:") {
		t.Errorf("a flag alone: %v\n%s", err, out.String())
	}
}

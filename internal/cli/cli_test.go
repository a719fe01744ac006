package cli_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/eddy-previews/eddy/internal/cli"
	"github.com/eddy-previews/eddy/test/apiserver"
	"github.com/eddy-previews/eddy/test/forge"
)

var (
	update = flag.Bool("update", false, "rewrite the golden output in testdata")
	server *apiserver.Server
)

// withServer runs the tests with an API server, and the command without.
type withServer struct{ *testing.M }

func (m withServer) Run() int { return apiserver.Main(m.M, &server) }

func TestMain(m *testing.M) {
	testscript.Main(withServer{m}, map[string]func(){"eddy": func() {
		streams := cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: later}
		os.Exit(cli.Execute(context.Background(), streams, os.Args[1:]))
	}})
}

// clockVariable tells the command the time of the scripts.
const clockVariable = "EDDY_TEST_CLOCK"

// later is the clock of the scripts, which stands still, so that screens do not
// depend on how long a test takes. To it, what a script creates is nine days old.
var later = sync.OnceValue(func() time.Time {
	if set, err := time.Parse(time.RFC3339Nano, os.Getenv(clockVariable)); err == nil {
		return set
	}
	return time.Now().Add(9*24*time.Hour + 12*time.Hour)
})

// TestScripts runs the scripts, in which $FORGE is a GitHub with two pull
// requests open, 1 and 3, of which 3 is ready, and one closed, 2. Scripts have
// two commands more:
//
//	run eddy ARG... the command in this process: to start one costs more than what most do
//	expand FILE...  replace the variables of the script in a file: $FORGE, say
//
// What needs a process of its own, for a terminal or what it reads, is an `exec eddy`.
func TestScripts(t *testing.T) {
	github := openForge(t)
	scripts, err := filepath.Abs("testdata/script") // as a command moves the process to another folder
	if err != nil {
		t.Fatal(err)
	}
	programs := os.Getenv("PATH") // as scripts begin beside a command that has cleared the variables of the process
	testscript.Run(t, testscript.Params{
		Dir: scripts, UpdateScripts: *update, RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", programs)
			env.Setenv(clockVariable, later().Format(time.RFC3339Nano))
			env.Setenv("FORGE", github.URL)
			env.Setenv("FORGE_TOKEN", forge.Token)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"run": inProcess, "expand": expand},
	})
}

// inScript are the variables that commands of scripts read. No other is set for them.
var inScript = []string{"PATH", "HOME", "TMPDIR", "KUBECONFIG", "FORGE_TOKEN", "EDDY_TOKEN"}

// oneAtATime is held by a command that runs in this process, whose folder and
// variables are those of the script meanwhile.
var oneAtATime sync.Mutex

// inProcess runs the command as exec would.
func inProcess(ts *testscript.TestScript, fails bool, args []string) {
	oneAtATime.Lock()
	defer oneAtATime.Unlock()
	here, err := os.Getwd()
	ts.Check(err)
	ts.Check(os.Chdir(ts.MkAbs(".")))
	outside := os.Environ()
	defer func() {
		os.Clearenv()
		for _, variable := range outside {
			name, value, _ := strings.Cut(variable, "=")
			ts.Check(os.Setenv(name, value))
		}
		ts.Check(os.Chdir(here))
	}()
	os.Clearenv()
	for _, name := range inScript {
		if value := ts.Getenv(name); value != "" {
			ts.Check(os.Setenv(name, value))
		}
	}
	streams := cli.Streams{In: strings.NewReader(""), Out: ts.Stdout(), Err: ts.Stderr(), Now: later}
	code := cli.Execute(context.Background(), streams, args[1:])
	asExpected := (code != 0) == fails
	if !asExpected {
		ts.Fatalf("eddy ended with %d", code)
	}
}

func openForge(t *testing.T) *forge.Forge {
	t.Helper()
	github := forge.NewGitHub(t)
	github.Open(forge.Request{})
	github.Open(forge.Request{Closed: true})
	github.Open(forge.Request{Labels: []string{"build/image-ready"}, SHA: strings.Repeat("c0ffee12", 5)})
	return github
}

func expand(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), func(key string) string {
			if value := ts.Getenv(key); value != "" {
				return value
			}
			return "${" + key + "}"
		})
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}

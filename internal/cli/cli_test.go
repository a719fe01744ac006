package cli_test

import (
	"context"
	"flag"
	"os"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/eddy-previews/eddy/internal/cli"
	"github.com/eddy-previews/eddy/test/apiserver"
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

// later is the clock of the scripts. To it, what a script creates is nine days
// old for half a day, so that screens do not depend on how long a test takes.
func later() time.Time { return time.Now().Add(9*24*time.Hour + 12*time.Hour) }

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", UpdateScripts: *update, RequireExplicitExec: true})
}

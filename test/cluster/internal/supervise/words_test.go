package supervise

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheEndOfALogIsInWords(t *testing.T) {
	for name, c := range map[string]struct{ line, want string }{
		"an error of Flux, of an object": {
			`{"level":"error","ts":"2026-11-26T18:22:14.207Z","msg":"Reconciler error","controllerKind":"GitRepository","GitRepository":{"name":"gr","namespace":"rd"},"namespace":"rd","name":"gr","reconcileID":"afd83c3c","error":"object not found"}`,
			"2026-11-26T18:22:14.207Z error GitRepository/rd/gr: Reconciler error: object not found",
		},
		"an error while it starts": {
			`{"level":"error","ts":"2026-11-26T18:22:14.207Z","logger":"setup","msg":"unable to start manager","error":"listen tcp 127.0.0.1:1: permission denied"}`,
			"2026-11-26T18:22:14.207Z error unable to start manager: listen tcp 127.0.0.1:1: permission denied",
		},
		"a warning of etcd": {
			`{"level":"warn","ts":"2026-11-26T17:51:21.188Z","caller":"embed/config.go:1318","msg":"it isn't recommended to use default name","name":"default"}`,
			"2026-11-26T17:51:21.188Z warn it isn't recommended to use default name",
		},
		"a line with a time that is a number":         {`{"level":"info","ts":1.5,"msg":"x"}`, `1.5 info x`},
		"JSON that is no entry of a log":              {`{"answer":42}`, `{"answer":42}`},
		"a line that is cut off":                      {`{"level":"error","ts":"2026`, `{"level":"error","ts":"2026`},
		"a line that is in words already":             {"E1126 18:21:24.741143 it failed", "E1126 18:21:24.741143 it failed"},
		"an error of several lines stays indented so": {`{"ts":"T","level":"error","msg":"a","error":"b\nc"}`, "T error a: b\n      c"},
	} {
		t.Run(name, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "part.log")
			if err := os.WriteFile(log, []byte("before\n"+c.line+"\n\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, want := Tail(log), "\nThe end of "+log+":\n    before\n    "+c.want; got != want {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
	if got := Tail(filepath.Join(t.TempDir(), "none.log")); got != "" {
		t.Errorf("of a log that is not there it says %q", got)
	}
	long := filepath.Join(t.TempDir(), "long.log")
	if err := os.WriteFile(long, []byte(strings.Repeat("line\n", 3*tailLines)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(Tail(long), "line"); got != tailLines {
		t.Errorf("it has %d lines, want %d", got, tailLines)
	}
}

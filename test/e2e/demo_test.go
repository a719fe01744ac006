package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestAServiceOfOnesOwnGoesIntoTheDemo starts the demo as a user does, and types
// docs/demo.md as it stands.
func TestAServiceOfOnesOwnGoesIntoTheDemo(t *testing.T) {
	if world.System.Node == nil {
		t.Skip("no pods run here: " + strings.Join(world.System.Missing, "; "))
	}
	page, err := os.ReadFile(filepath.Join(world.Programs.Root, "docs", "demo.md"))
	must(t, err)
	prompt := newPrompt(t)
	if out := prompt.types("bin/demo"); strings.Contains(out, `{"level":`) {
		t.Errorf("the demo shows a log as programs read it:\n%s", out)
	}
	// What a block prints, by something that it alone has.
	says := map[string]string{
		"eddy lint .":      `clusters/eks/shop-previews.yaml`,
		"git switch":       `(?m)^shop +1 .* open, waits for the image \S+/shop:pr-1`,
		"cluster image":    `The shop, in colours\n$`,
		"bin/demo close 1": `(?s)closes pull request 1\n.*Kustomization api-pr-1 deleted\n.*COMMIT[^\n]*\napi +2 [^\n]*\nshop +1 +colours [^\n]* True `,
		"--for=gone":       `shop/1`,
	}
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(page), -1) {
		out := prompt.types(block[1])
		for part, pattern := range says {
			if !strings.Contains(block[1], part) {
				continue
			}
			if delete(says, part); !regexp.MustCompile(pattern).MatchString(out) {
				t.Errorf("%s prints nothing like %s:\n%s", part, pattern, out)
			}
		}
	}
	if len(says) > 0 {
		t.Errorf("the page does not have %v", says)
	}
}

// prompt is a shell in the place of a checkout, whose demo has a folder of its own.
type prompt struct {
	t      *testing.T
	dir    string
	in     io.Writer
	out    *bufio.Reader
	blocks int
}

// typed is what a prompt prints after each block.
const typed = "-- typed --\n"

func newPrompt(t *testing.T) *prompt {
	t.Helper()
	dir := t.TempDir()
	demo := filepath.Join(world.Programs.Root, "bin", "demo")
	command := fmt.Sprintf("#!/bin/sh\nexec '%s' --dir '%s/system' \"$@\"\n", demo, dir)
	must(t, os.Mkdir(filepath.Join(dir, "bin"), 0o750))
	must(t, os.WriteFile(filepath.Join(dir, "bin", "demo"), []byte(command), 0o700)) //nolint:gosec // a program
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	shell := exec.CommandContext(ctx, "bash", "-e")
	shell.Dir = dir
	shell.Env = append(os.Environ(),
		"GIT_AUTHOR_NAME=Ada", "GIT_AUTHOR_EMAIL=ada@example.com", "GIT_COMMITTER_NAME=Ada", "GIT_COMMITTER_EMAIL=ada@example.com")
	in, err := shell.StdinPipe()
	must(t, err)
	out, err := shell.StdoutPipe()
	must(t, err)
	shell.Stderr = shell.Stdout
	must(t, shell.Start())
	t.Cleanup(func() {
		cancel()
		_ = shell.Wait() // it was ended
		if text, err := exec.CommandContext(context.Background(), demo, "--dir", dir+"/system", "down").CombinedOutput(); err != nil {
			t.Errorf("bin/demo down: %v\n%s", err, text)
		}
	})
	return &prompt{t: t, dir: dir, in: in, out: bufio.NewReader(out)}
}

// types types a block, and returns what it has printed once all of it has succeeded.
func (p *prompt) types(block string) string {
	p.t.Helper()
	p.blocks++
	file := filepath.Join(p.dir, fmt.Sprintf("block-%d.sh", p.blocks))
	must(p.t, os.WriteFile(file, []byte(block), 0o600))
	_, err := fmt.Fprintf(p.in, ". '%s' </dev/null\nprintf '%%s' '%s'\n", file, typed)
	must(p.t, err)
	var out strings.Builder
	for !strings.HasSuffix(out.String(), typed) {
		line, err := p.out.ReadString('\n')
		out.WriteString(line)
		if err != nil {
			p.t.Fatalf("this has failed:\n%s\nIt printed\n%s", block, out.String())
		}
	}
	return strings.TrimSuffix(out.String(), typed)
}

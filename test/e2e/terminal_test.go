package e2e_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

var record = flag.Bool("record", false, "write what the commands print into docs/getting-started.md")

// terminal is where the commands of a page are typed. In the page the request
// has the number 1, and the forge is elsewhere.
type terminal struct {
	dir, path, kubeconfig string
	url                   string
	pr                    actors.PullRequest
}

const pageURL = "https://gitea.example.com/acme/api"

// there makes of a page's command one of this run.
func (c *terminal) there(command string) string {
	return strings.NewReplacer(pageURL, c.url, "api/1", "api/"+c.pr.ID()).Replace(command)
}

// here makes of what this run prints what the page has.
func (c *terminal) here(text string) string {
	number := regexp.MustCompile(`([a-z](?:[-/]| +))` + c.pr.ID() + `\b`)
	return number.ReplaceAllString(strings.ReplaceAll(text, c.url, pageURL), "${1}1")
}

// TestATerminalShowsWhatGettingStartedShows plays docs/getting-started.md.
func TestATerminalShowsWhatGettingStartedShows(t *testing.T) {
	expect(t, world.NoPreviews()) // those of other tests are gone
	pr := open(t, "Add a login page")
	must(t, world.CI(t.Context(), pr))
	poll(t)
	expect(t, world.Deployed(pr))
	if world.System.Node != nil {
		expect(t, world.Running(pr))
	}
	console := newTerminal(t, pr)
	page := filepath.Join(world.Programs.Root, "docs", "getting-started.md")
	text, err := os.ReadFile(page)
	must(t, err)
	played := regexp.MustCompile("(?s)```console\n(.*?)```").ReplaceAllStringFunc(string(text), func(block string) string {
		return "```console\n" + console.play(t, strings.TrimSuffix(strings.TrimPrefix(block, "```console\n"), "```")) + "```"
	})
	if *record {
		must(t, os.WriteFile(page, []byte(played), 0o600))
	}
}

func newTerminal(t *testing.T, pr actors.PullRequest) *terminal {
	t.Helper()
	dir := t.TempDir()
	base := filepath.Join("clusters", "base")
	must(t, os.CopyFS(filepath.Join(dir, base), os.DirFS(filepath.Join(world.Programs.Root, "examples", "fleet", base))))
	eddy, err := world.Programs.Eddy(t.Context())
	must(t, err)
	return &terminal{dir: dir, path: filepath.Dir(eddy), kubeconfig: world.System.Kubeconfig, url: world.Forge.AppURL(), pr: pr}
}

// play types the commands of a block, and returns the block with what they
// print. After a line with an ellipsis, what follows does not matter.
func (c *terminal) play(t *testing.T, block string) string {
	t.Helper()
	var out strings.Builder
	for _, screen := range regexp.MustCompile(`(?m)^\$ `).Split(block, -1)[1:] {
		command, want, _ := strings.Cut(screen, "\n")
		got := c.here(c.run(t, c.there(command)))
		if strings.HasPrefix(command, "eddy init ") {
			c.unprobe(t)
		}
		fmt.Fprintf(&out, "$ %s\n%s", command, shorten(got, want))
		unlike := steady(shorten(got, want)) != steady(want)
		if pods := strings.Contains(command, "describe"); pods && world.System.Node == nil {
			continue // without a node there are none to describe
		}
		if unlike && !*record {
			t.Errorf("%s prints\n%s\nand docs/getting-started.md shows\n%s", command, got, want)
		}
	}
	return out.String()
}

// unprobe takes out of the set that was written what the one in the cluster does without.
func (c *terminal) unprobe(t *testing.T) {
	t.Helper()
	name := filepath.Join(c.dir, "clusters/eks/apps/api/previews/resourceset.yaml")
	text, err := os.ReadFile(name)
	must(t, err)
	changed, err := actors.Unprobed(string(text))
	must(t, err)
	must(t, os.WriteFile(name, []byte(changed), 0o600))
}

// run types a command, and returns what a terminal shows. That a difference is
// found is no failure.
func (c *terminal) run(t *testing.T, command string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "bash", "-c", command)
	shell.Dir = c.dir
	shell.Env = append(os.Environ(), "KUBECONFIG="+c.kubeconfig, "PATH="+c.path+":"+os.Getenv("PATH"))
	text, err := shell.CombinedOutput()
	if err != nil && (shell.ProcessState.ExitCode() != 1 || strings.Contains(string(text), "Error:")) {
		t.Fatalf("%s: %v\n%s", command, err, text)
	}
	return string(text)
}

// shorten ends a text where another has an ellipsis.
func shorten(text, like string) string {
	head, _, cut := strings.Cut(like, "…\n")
	if !cut {
		return text
	}
	lines := strings.SplitAfter(text, "\n")
	return strings.Join(lines[:min(len(lines), strings.Count(head, "\n"))], "") + "…\n"
}

// steady leaves out of a screen what differs from run to run: names of pods and
// branches, commits, ages, and the width of columns.
func steady(text string) string {
	for _, varies := range []struct{ pattern, name string }{
		{`api-deployment-1-[0-9a-z]+-[0-9a-z]+`, "POD"},
		{`feature-\d+`, "BRANCH"},
		{`\b[0-9a-f]{7,40}\b`, "COMMIT"},
		{`\b(\d+m)?\d+s\b`, "AGE"},
		{`[ \t]+`, " "},
	} {
		text = regexp.MustCompile(varies.pattern).ReplaceAllString(text, varies.name)
	}
	return text
}

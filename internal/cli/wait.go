package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	fluxmeta "github.com/fluxcd/pkg/apis/meta"
	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/suggest"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// What `eddy wait` waits for.
const (
	forReady = "ready"
	forGone  = "gone"
)

// newWaitCommand returns `eddy wait`, which is for scripts.
func newWaitCommand(streams Streams) *cobra.Command {
	return ofPreviews(parent(&cobra.Command{
		Use:   "wait",
		Short: "Wait until a preview is ready, or gone",
		Example: `  # In the CI of a pull request, before its tests
  eddy wait preview api/1234 --for=ready --timeout=10m`,
	}, newWaitPreviewCommand(streams)), newWaitPreviewCommand, streams)
}

// waitPreview are the options of `eddy wait preview`.
type waitPreview struct {
	onePreview
	For     string
	Commit  string
	Timeout time.Duration

	// decided ends the wait once the preview has failed for what was asked for last.
	decided bool
}

func newWaitPreviewCommand(streams Streams) *cobra.Command {
	o := &waitPreview{onePreview: newOnePreview(streams)}
	cmd := &cobra.Command{
		Use:   "preview NAME",
		Short: "Wait until a preview is ready, or gone",
		Long: `Wait until a preview is ready, or gone; nothing is polled. A preview that is not
there yet is waited for, one that fails may recover. The exit code is 1 when the
time is up, and the message says what was waited for last: of a request that is
held, why.

` + previewNames,
		Example: `  # In CI: until this very commit is deployed. HEAD_SHA is the head of the
  # request: in a pull_request workflow of GitHub that is
  # github.event.pull_request.head.sha, as GITHUB_SHA is that of a merge
  eddy wait preview api/1234 --for=ready --commit="$HEAD_SHA" --timeout=10m

  # Until a merged one is torn down
  eddy wait preview api/1234 --for=gone`,
		Args:              oneArg,
		ValidArgsFunction: o.completePreview,
		RunE:              oneName(&o.Name, o.run),
	}
	o.bind(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.For, "for", forReady, "ready or gone")
	flags.StringVar(&o.Commit, "commit", "", "the commit that has to be ready, or its first letters; any when empty")
	flags.DurationVar(&o.Timeout, "timeout", 5*time.Minute, "how long to wait at most")
	_ = cmd.RegisterFlagCompletionFunc("for", cobra.FixedCompletions([]string{forReady, forGone}, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	return cmd
}

func (o *waitPreview) run(ctx context.Context) error {
	if o.For != forReady && o.For != forGone {
		return fmt.Errorf("--for: there is no %q to wait for; expected %s or %s%s", o.For, forReady, forGone, suggest.Hint(o.For, []string{forReady, forGone}))
	}
	reader, err := o.reader(o.Streams)
	if err != nil {
		return err
	}
	namespace, err := o.namespace()
	if err != nil {
		return err
	}
	waiting, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	state := &awaited{waitPreview: o}
	err = reader.Follow(waiting, namespace, state.see)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return fmt.Errorf("%s is not %s after %s: %s; `%s` says why", o.Name, o.For, o.Timeout, state.last, "eddy describe preview "+quoted(o.Name))
	}
	if err != nil {
		return err
	}
	return o.done("%s", state.last)
}

// awaited is what was last seen of the preview.
type awaited struct {
	*waitPreview
	// last says how things stand, told is what was printed of it.
	last, told string
}

// see reports whether what is waited for has come.
func (a *awaited) see(now preview.Snapshot) (bool, error) {
	one, err := preview.Find(a.Name, now.Requests())
	var missing *preview.NotFoundError
	switch {
	case errors.As(err, &missing):
		a.tell(missing.Error())
		if a.For == forGone {
			a.last = a.Name + " is gone"
		}
		return a.For == forGone, nil
	case err != nil:
		return false, err
	case !one.HasPreview() && a.For == forGone:
		a.last = terminal.OneLine(one.Name + " is gone; its request is " + one.Standing())
		return true, nil
	case !one.HasPreview():
		a.tell(terminal.OneLine(one.Name + " has no preview: " + one.Standing()))
		return false, nil
	case a.For == forGone:
		a.tell(one.Name + " is there")
		return false, nil
	case a.Commit != "" && !strings.HasPrefix(one.Commit, a.Commit):
		a.tell(terminal.OneLine(a.elsewhere(one)))
		return false, nil
	case one.State() == preview.Ready:
		a.last = one.Name + " is ready " + one.URL
		if words := one.Standing(); words != "" {
			a.last += " (" + words + ")"
		}
		a.last = terminal.OneLine(a.last)
		return true, nil
	case a.decided && one.State() == preview.Failed && one.Reason != fluxmeta.DependencyNotReadyReason:
		return false, fmt.Errorf("%s failed: %s; `eddy describe preview %s` says why", one.Name, terminal.OneLine(one.Message), quoted(one.Name))
	default:
		a.tell(fmt.Sprintf("%s is not ready: %s", one.Name, terminal.OneLine(one.Message)))
		a.last = terminal.OneLine(one.Message)
		return false, nil
	}
}

// elsewhere says at which commit a preview is, as it is not the one that is asked
// for; and at which the request is, as that may never be.
func (a *awaited) elsewhere(one preview.View) string {
	switch {
	case one.Head == "":
		return fmt.Sprintf("%s is at commit %s, as its request was when the forge was last asked", one.Name, preview.Short(one.Commit))
	case strings.HasPrefix(one.Head, a.Commit):
		return one.Name + " is " + one.Standing()
	default:
		return fmt.Sprintf("%s is %s; commit %s is not the head of the request", one.Name, one.Standing(), preview.Short(a.Commit))
	}
}

// tell tells how things stand, when that is news.
func (a *awaited) tell(words string) {
	if words != a.told && a.For == forReady {
		a.progress().Waiting("%s", words)
	}
	a.told, a.last = words, words
}

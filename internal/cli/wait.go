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
	"github.com/eddy-previews/eddy/internal/trace"
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
	// FailedFor ends the wait once the preview has failed for so long; at once when it
	// is zero.
	FailedFor time.Duration
	// Output is url or json; words for a person when empty.
	Output string
	// known is what the preview was called that was there, so that there is nothing to
	// wait for once it is not; "" when it may still come.
	known string

	// line is where it is told how things stand.
	line *terminal.Line
}

// timedOut is the exit code of a wait whose time was up, as timeout(1) has it.
const timedOut = 124

func newWaitPreviewCommand(streams Streams) *cobra.Command {
	o := &waitPreview{onePreview: newOnePreview(streams)}
	cmd := &cobra.Command{
		Use:   "preview NAME",
		Short: "Wait until a preview is ready, or gone",
		Long: `Wait until a preview is ready, or gone; nothing is polled. A preview that is not
there yet is waited for. One that fails may recover, as when its image comes a
moment later; when it has failed for --failed-for, the exit code is 1. When the
time is up it is 124, and the message says what was waited for last: of a request
that is held, why. With -o url the URL is all that is printed, with -o json the
preview as it was seen last, whatever came of it; progress is on standard error,
on a terminal written over by what is new, and in a log a line for each state.

` + previewNames,
		Example: `  # In CI: until this very commit is deployed. HEAD_SHA is the head of the
  # request: in a pull_request workflow of GitHub that is
  # github.event.pull_request.head.sha, as GITHUB_SHA is that of a merge
  eddy wait preview api/1234 --for=ready --commit="$HEAD_SHA" --timeout=10m

  # Its URL for the tests that come next
  URL="$(eddy wait preview api/1234 --commit="$HEAD_SHA" --timeout=10m -o url)"

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
	flags.DurationVar(&o.FailedFor, "failed-for", 30*time.Second, "give up when it has failed for so long; 0s at once")
	bindOutput(cmd, &o.Output, waitFormats()...)
	_ = cmd.RegisterFlagCompletionFunc("for", cobra.FixedCompletions([]string{forReady, forGone}, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
	return cmd
}

func (o *waitPreview) run(ctx context.Context) error {
	if err := checkFormat(o.Output, waitFormats()...); err != nil {
		return err
	}
	if o.For != forReady && o.For != forGone {
		return fmt.Errorf("--for: there is no %q to wait for; expected %s or %s%s", o.For, forReady, forGone, suggest.Hint(o.For, []string{forReady, forGone}))
	}
	if o.For == forGone && o.Output == "url" {
		return errors.New("--output=url is that of a preview that is ready: leave it out with --for=gone")
	}
	o.line = terminal.LineOn(o.Err)
	o.Err = o.line
	reader, err := o.reader(o.Streams)
	if err != nil {
		return err
	}
	namespace, err := o.namespace()
	if err != nil {
		return err
	}
	return o.follow(ctx, reader, namespace)
}

// waitFormats are those of what is printed in the end.
func waitFormats() []string { return []string{"url", "json"} }

// follow waits, and says what came of it.
func (o *waitPreview) follow(ctx context.Context, reader *trace.Reader, namespace string) error {
	waiting, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	waiting, giveUp := context.WithCancelCause(waiting)
	defer giveUp(nil)
	state := &awaited{waitPreview: o, giveUp: giveUp}
	defer state.recovers()
	err := reader.Follow(waiting, namespace, state.see)
	o.line.Clear() // what came of it stands in its place
	switch {
	case err != nil && errors.Is(context.Cause(waiting), errFailed):
		err = state.failure()
	case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
		err = &ExitError{Code: timedOut, Err: fmt.Errorf("%s is not %s after %s: %s; `%s` says why", o.Name, o.For, o.Timeout, state.last, "eddy describe preview "+quoted(o.Name))}
	}
	return errors.Join(err, state.print(err == nil))
}

// print prints in the end what was asked for: the preview whatever came of it, all
// else of one that is ready.
func (a *awaited) print(came bool) error {
	switch {
	case a.Output == "json":
		return printValue(a.Out, a.Output, a.one)
	case !came:
		return nil
	case a.Output == "url" && a.For == forReady && a.one.URL == "":
		return fmt.Errorf("%s is ready, and has no URL: there is no Ingress or HTTPRoute with a host, and no annotation that names one", a.one.Name)
	case a.Output == "url":
		address, err := preview.Address(a.one.URL)
		if err == nil {
			_, err = fmt.Fprintln(a.Out, address)
		}
		return err
	default:
		return a.done("%s", a.last)
	}
}

// awaited is what was last seen of the preview.
type awaited struct {
	*waitPreview
	// one is the preview, or its request; nil as long as there is none.
	one *preview.View
	// last says how things stand, told is what was printed of it.
	last, told string
	// giveUp ends the wait, which failing does when it was not stopped before.
	giveUp  context.CancelCauseFunc
	failing *time.Timer
}

// errFailed ends the wait for a preview that has failed.
var errFailed = errors.New("the preview has failed")

// failure says why a preview has failed.
func (a *awaited) failure() error {
	return fmt.Errorf("%s failed: %s; `eddy describe preview %s` says why", a.one.Name, terminal.OneLine(a.one.Message), quoted(a.one.Name))
}

// fails gives up on a preview that has failed, in a while.
func (a *awaited) fails() {
	if a.failing == nil {
		a.failing = time.AfterFunc(a.FailedFor, func() { a.giveUp(errFailed) })
	}
}

// recovers says that it does not fail, or not any more.
func (a *awaited) recovers() {
	if a.failing != nil {
		a.failing.Stop()
	}
	a.failing = nil
}

// see reports whether what is waited for has come.
func (a *awaited) see(now preview.Snapshot) (bool, error) {
	one, err := preview.Find(a.Name, now.Requests())
	a.one = nil
	if err == nil {
		a.one = &one
	}
	switch failed := a.hasFailed(one, err); {
	case failed && a.FailedFor <= 0:
		return false, a.failure()
	case failed:
		a.fails()
	default:
		a.recovers()
	}
	return a.judge(one, err)
}

// hasFailed reports whether a preview that was found is at the commit, and has failed.
func (a *awaited) hasFailed(one preview.View, err error) bool {
	return err == nil && a.For == forReady && one.HasPreview() && one.IsAt(a.Commit) &&
		one.State() == preview.Failed && one.Reason != fluxmeta.DependencyNotReadyReason
}

// judge reports whether what is waited for has come, and tells how things stand.
func (a *awaited) judge(one preview.View, err error) (bool, error) {
	var missing *preview.NotFoundError
	switch {
	case errors.As(err, &missing) && a.known != "":
		return false, goneError(a.known)
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
	case !one.HasPreview() && a.known != "":
		return false, noPreviewError(one)
	case !one.HasPreview():
		a.tell(terminal.OneLine(one.Name + " has no preview: " + one.Standing()))
		return false, nil
	case a.For == forGone:
		a.tell(one.Name + " is there")
		return false, nil
	case !one.IsAt(a.Commit):
		a.tell(terminal.OneLine(a.elsewhere(one)))
		return false, nil
	case one.State() == preview.Ready:
		a.last = one.Name + " is ready " + one.URL
		if words := one.Standing(); words != "" {
			a.last += " (" + words + ")"
		}
		a.last = terminal.OneLine(a.last)
		return true, nil
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
	case one.Head == "" && one.Commit == "":
		return fmt.Sprintf("%s is at a commit that the status of its ResourceSet does not tell", one.Name)
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
		a.line.Waiting("%s", words)
	}
	a.told, a.last = words, words
}

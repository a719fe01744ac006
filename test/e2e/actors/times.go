package actors

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// Times is how long after the label was set each part was seen to be done.
type Times struct {
	PullRequest PullRequest
	// Exported: the provider has the new input.
	Exported time.Duration
	// Templated: there is a Kustomization.
	Templated time.Duration
	// Applied: Flux has written the Deployment.
	Applied time.Duration
	// Running: the pod is ready. Zero without a node.
	Running time.Duration
}

// Measure sets the label on a pull request whose image is there, and lets the
// watcher look at once, so that the poll's interval is not in the times.
func (w *World) Measure(ctx context.Context, pr PullRequest) (Times, error) {
	times := Times{PullRequest: pr}
	start := time.Now()
	if err := w.Forge.AddLabel(ctx, pr); err != nil {
		return times, err
	}
	if err := w.Poll(ctx); err != nil {
		return times, err
	}
	parts := []struct {
		claim Claim
		took  *time.Duration
	}{{w.Exported(pr), &times.Exported}, {w.Templated(pr), &times.Templated}, {w.Applied(pr), &times.Applied}}
	if w.System.Node != nil {
		parts = append(parts, struct {
			claim Claim
			took  *time.Duration
		}{w.Running(pr), &times.Running})
	}
	for _, part := range parts {
		if err := w.Wait(ctx, part.claim); err != nil {
			return times, err
		}
		*part.took = time.Since(start)
	}
	return times, nil
}

// PrintTimes writes a table, one line a pull request, each time since the label.
func PrintTimes(out io.Writer, all []Times) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	// The writer keeps its first error and returns it from Flush.
	_, _ = fmt.Fprintln(table, "label set, then after\tprovider Ready\tKustomization\tDeployment\tpod ready\t")
	for _, t := range all {
		_, _ = fmt.Fprintf(table, "pull request %d\t%s\t%s\t%s\t%s\t\n", t.PullRequest.Number,
			seconds(t.Exported), seconds(t.Templated), seconds(t.Applied), seconds(t.Running))
	}
	return table.Flush()
}

func seconds(d time.Duration) string {
	if d == 0 {
		return "-"
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}

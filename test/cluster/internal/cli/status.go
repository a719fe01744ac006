package cli

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/test/cluster/internal/local"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
)

func newStatus() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the parts of a system",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, err := folderOf(dir)
			if err != nil {
				return err
			}
			running, err := folder.Running()
			if err != nil {
				return err
			}
			if !running {
				return fmt.Errorf("no local system runs in %s: start one with cluster up --detach --dir %s", folder, folder)
			}
			parts, err := folder.Parts()
			if err != nil {
				return err
			}
			return printParts(cmd.OutOrStdout(), parts)
		},
	}
	dirFlag(cmd, &dir)
	return cmd
}

func printParts(out io.Writer, parts []supervise.Part) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	// The writer keeps its first error and returns it from Flush.
	_, _ = fmt.Fprintln(table, "NAME\tPID\tSTATE\tADDRESS\tNOTE")
	for _, part := range parts {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", part.Name, pid(part), state(part), dash(part.Address), note(part))
	}
	return table.Flush()
}

func pid(part supervise.Part) string {
	if part.PID == 0 {
		return "-"
	}
	return strconv.Itoa(part.PID)
}

// state doubts what the supervisor last said where the process is gone.
func state(part supervise.Part) string {
	if part.PID != 0 && !supervise.Alive(part.PID) {
		return "gone"
	}
	return string(part.State)
}

func note(part supervise.Part) string {
	switch {
	case part.Restarts == 0:
		return part.Note
	case part.Note == "":
		return fmt.Sprintf("restarted %d times", part.Restarts)
	default:
		return fmt.Sprintf("restarted %d times: %s", part.Restarts, part.Note)
	}
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func folderOf(dir string) (local.Folder, error) {
	if dir != "" {
		return local.OpenFolder(dir)
	}
	return local.DefaultFolder()
}

func dirFlag(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "dir", "", "the system's folder (default: system in Eddy's cache folder)")
}

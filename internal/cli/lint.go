package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/internal/lint"
	"github.com/eddy-previews/eddy/internal/schema"
	"github.com/eddy-previews/eddy/internal/suggest"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// lintSetup are the options of `eddy lint`.
type lintSetup struct {
	Streams

	Paths  []string
	Path   string
	Output string
	Fix    bool
	Strict bool
	Rules  bool
	Flux   []string

	// hasPath reports whether --path was given.
	hasPath func() bool
}

// How much garbage a run may leave, in percent of what it needs, and up to how many bytes.
const (
	seldom = 400
	plenty = 512 << 20
)

func newLintCommand(streams Streams) *cobra.Command {
	o := &lintSetup{Streams: streams}
	cmd := &cobra.Command{
		Use:   "lint [PATH...]",
		Short: "Find what goes wrong in a set-up of previews",
		Long: `Find what goes wrong in a set-up of previews, before it does.

PATH are files and folders with providers, ResourceSets, the fleet repository and
the CI files; "-" is standard input, and without any it is the current folder. Each
ResourceSet is followed through the whole chain for a few made-up pull requests, so
that what is found is what would be deployed.

Each finding has a rule, a file and line, a reason, and what to do. A comment
silences a rule in its line or in the one below, and says why:

  # eddy:ignore shared-host one host on purpose, split by header

The exit code is 1 when there are errors; warnings alone leave it 0, unless
--strict makes errors of them.`,
		Example: `  # All of the fleet repository
  eddy lint ../fleet

  # Files, and the fleet repository for what they deploy
  eddy lint provider.yaml resourceset.yaml --path ../fleet

  # Repair what can be repaired without a decision
  eddy lint --fix ../fleet

  # For code scanning in CI
  eddy lint -o sarif . > eddy.sarif

  # At the lines of a pull request, in a workflow of GitHub, Gitea or Forgejo
  eddy lint -o github .

  # What is looked for
  eddy lint --rules`,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Paths = args
			return o.run(cmd.Context())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Path, "path", "", "folder of the fleet repository, to which spec.path is relative (default it is looked for)")
	flags.StringVarP(&o.Output, "output", "o", "text", "text, json, sarif, github, gitlab or junit")
	bindFlux(cmd, &o.Flux, "default what the files tell, else "+schema.Newest)
	flags.BoolVar(&o.Fix, "fix", false, "repair what is mechanical; the rest is told")
	flags.BoolVar(&o.Strict, "strict", false, "make errors of warnings")
	flags.BoolVar(&o.Rules, "rules", false, "list the rules, and check nothing")
	o.hasPath = func() bool { return flags.Changed("path") }
	return cmd
}

// run reads, checks, repairs if asked to, and tells.
func (o *lintSetup) run(ctx context.Context) error {
	tell, err := o.teller()
	if err != nil {
		return err
	}
	if o.Rules {
		return o.listRules()
	}
	// A run is short, and lets go of all that it made when it ends.
	defer debug.SetGCPercent(debug.SetGCPercent(seldom))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(plenty))
	findings, err := o.check(ctx)
	if err != nil {
		return err
	}
	if o.Strict {
		for i := range findings {
			findings[i].Severity = lint.Error
		}
	}
	if err := tell(findings); err != nil {
		return err
	}
	return o.verdict(findings)
}

// check returns the findings, and with --fix those that are left.
func (o *lintSetup) check(ctx context.Context) ([]lint.Finding, error) {
	setup, err := o.load(ctx)
	if err != nil {
		return nil, err
	}
	findings := setup.Findings()
	if !o.Fix {
		return setup.Tried(ctx, findings), nil
	}
	return o.repair(ctx, setup, findings)
}

func (o *lintSetup) load(ctx context.Context) (*lint.Setup, error) {
	versions, err := fluxVersions(o.Flux)
	if err != nil {
		return nil, err
	}
	options := lint.Options{Paths: o.Paths, Fleet: o.Path, Flux: versions}
	if o.Path != "" || o.hasPath() {
		if err := checkFolder(o.Path); err != nil {
			return nil, err
		}
	}
	if len(options.Paths) == 0 {
		options.Paths = []string{"."}
	}
	if slices.Contains(options.Paths, "-") {
		text, err := o.read("-")
		if err != nil {
			return nil, err
		}
		options.Stdin = text
		if o.Fix {
			return nil, errors.New("--fix: standard input cannot be repaired: give a file")
		}
	}
	setup, err := lint.Load(ctx, options)
	if err != nil {
		return nil, err
	}
	if rules := setup.Uncompared(); len(rules) > 0 {
		o.note("no file of CI is among those given: %s could not compare labels with what sets them", strings.Join(rules, " and "))
	}
	return setup, nil
}

// verdict is the error of findings that are errors.
func (o *lintSetup) verdict(findings []lint.Finding) error {
	failed, warned := 0, 0
	for _, finding := range findings {
		if finding.Severity == lint.Error {
			failed++
		} else {
			warned++
		}
	}
	if failed > 0 {
		return fmt.Errorf("found %s and %s", counted(failed, "error"), counted(warned, "warning"))
	}
	return nil
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func (o *lintSetup) listRules() error {
	for _, rule := range append(lint.Rules(), lint.Unseen()) {
		if _, err := fmt.Fprintf(o.Out, "%-22s %-8s %s\n", rule.ID, rule.Severity, rule.Finds); err != nil {
			return err
		}
	}
	return nil
}

// teller returns what writes findings in the format of -o.
func (o *lintSetup) teller() (func([]lint.Finding) error, error) {
	if o.Output == "text" {
		return o.tellText, nil
	}
	write, known := map[string]func(io.Writer, []lint.Finding) error{
		"json": lint.WriteJSON, "github": lint.WriteGitHub, "gitlab": lint.WriteGitLab, "junit": lint.WriteJUnit,
		"sarif": func(out io.Writer, findings []lint.Finding) error {
			return lint.WriteSARIF(out, buildVersion(), findings)
		},
	}[o.Output]
	if !known {
		formats := []string{"text", "json", "sarif", "github", "gitlab", "junit"}
		return nil, fmt.Errorf("--output: there is no format %q; expected %s%s", o.Output, strings.Join(formats, ", "), suggest.Hint(o.Output, formats))
	}
	return func(findings []lint.Finding) error { return write(o.Out, findings) }, nil
}

// tellText writes a finding as compilers do, and below it what to do.
func (o *lintSetup) tellText(findings []lint.Finding) error {
	out := terminal.Of(o.Out)
	for _, finding := range findings {
		severity := terminal.Yellow(string(finding.Severity))
		if finding.Severity == lint.Error {
			severity = terminal.Red(string(finding.Severity))
		}
		_, err := fmt.Fprintf(out, "%s: %s: %s [%s]\n    %s %s\n",
			terminal.Bold(terminal.OneLine(finding.String())), severity, terminal.Visible(finding.Message), finding.Rule, terminal.Green("fix:"), terminal.Visible(finding.Fix))
		if err != nil {
			return err
		}
	}
	return nil
}

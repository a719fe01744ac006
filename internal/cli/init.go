package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/scaffold"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// initSetup are the options of `eddy init`.
type initSetup struct {
	Streams

	Answers scaffold.Answers
	Force   bool
}

func newInitCommand(streams Streams) *cobra.Command {
	o := &initSetup{Streams: streams}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write the set-up of previews for a service",
		Long: `Write the set-up of previews for a service into a fleet repository.

The service's manifests (--base) are built as Flux builds them, to see which
Deployment, Service and Ingress there are. Written are the provider, the ResourceSet,
the Flux Kustomization that deploys them, an example of the Secret, the CI file, the
overlay of a preview, and what previews share. Files that are there are never
overwritten without --force; what previews share, and is there, is left as it is.

On a terminal, what is not given is asked for. An empty answer takes what was found in
the repository, and one that is wrong is asked for again.`,
		Example: `  # Asked for one thing after the other
  eddy init

  # All at once
  eddy init --forge github --url https://github.com/acme/api --service api \
    --base clusters/base/api --flux-path clusters/production \
    --image registry.example.com/api --domain preview.example.com

  # A second service of the same repository
  eddy init --forge github --url https://github.com/acme/api --service web \
    --base clusters/base/web --flux-path clusters/production \
    --image registry.example.com/web --domain preview.example.com \
    --paths 'services/web/**'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Answers.Label != "" && !cmd.Flags().Changed("gate") {
				o.Answers.Gate = scaffold.GateLabel
			}
			return o.run(cmd.Context())
		},
	}
	flags, a := cmd.Flags(), &o.Answers
	flags.StringVar(&a.Forge, "forge", "", strings.Join(scaffold.Forges(), ", "))
	flags.StringVar(&a.URL, "url", "", "URL of the repository whose pull requests are watched")
	flags.StringVar(&a.Service, "service", "", "name of the service")
	flags.StringVar(&a.Base, "base", "", "folder of the service's manifests, below the fleet repository")
	flags.StringVar(&a.FluxPath, "flux-path", "", "folder of the fleet repository that Flux deploys")
	flags.StringVar(&a.Image, "image", "", "image that CI builds, without a tag, as the Deployment has it")
	flags.StringVar(&a.Domain, "domain", "", "previews answer at SERVICE-NUMBER.DOMAIN")
	flags.StringVarP(&a.Namespace, "namespace", "n", "", "namespace of the previews (default "+scaffold.DefaultNamespace+")")
	flags.StringVar(&a.Root, "path", ".", "folder of the fleet repository")
	flags.StringArrayVar(&a.Paths, "paths", nil, "watch only requests that touch these globs")
	flags.StringVar(&a.Gate, "gate", scaffold.GateImage, "what a request waits for: image, that of its very commit; or label, which --label implies")
	flags.StringVar(&a.Label, "label", "", "label that CI sets when the image is there")
	flags.StringVar(&a.BuildPath, "build-path", "", "folder that the image is built from, in the service's repository")
	flags.StringVar(&a.Dockerfile, "dockerfile", "", "file that the image is built by, where it is not Dockerfile in that folder")
	flags.BoolVar(&a.Ingress, "ingress", false, "write an Ingress where the service has none, nor an HTTPRoute")
	flags.BoolVar(&a.Feedback, "feedback", false, "tell each pull request what becomes of its preview, with another token")
	flags.BoolVar(&o.Force, "force", false, "overwrite what is there")
	return cmd
}

// run asks, derives and writes.
func (o *initSetup) run(ctx context.Context) error {
	derive, err := o.ask(ctx)
	if err != nil {
		return err
	}
	setup, err := derive(ctx)
	if err != nil {
		return err
	}
	missing, err := o.missing(setup.Files)
	if err != nil {
		return err
	}
	for _, file := range missing {
		if err := o.write(file); err != nil {
			return err
		}
	}
	o.next(setup)
	return nil
}

// ask asks on a terminal; elsewhere what is missing is an error. It returns what
// derives the set-up.
func (o *initSetup) ask(ctx context.Context) (func(context.Context) (scaffold.Setup, error), error) {
	if !terminal.Answers(o.In) {
		if missing := o.Answers.Missing(); len(missing) > 0 {
			return nil, fmt.Errorf("give %s, or run eddy init on a terminal, which asks", listed(missing))
		}
		return func(ctx context.Context) (scaffold.Setup, error) { return scaffold.Derive(ctx, o.Answers) }, nil
	}
	interview := scaffold.NewInterview(&o.Answers)
	if err := interview.CheckGiven(); err != nil {
		return nil, err
	}
	reader := bufio.NewReader(o.In)
	for _, question := range interview.Questions() {
		if !question.IsOpen(ctx) {
			if err := question.Check(ctx); err != nil {
				return nil, fmt.Errorf("--%s: %w", question.Flag, err)
			}
			continue
		}
		if err := o.askOne(ctx, question, reader); err != nil {
			return nil, err
		}
	}
	interview.Finish()
	return interview.Derive, nil
}

// askOne asks until the answer is right. An empty one takes the first of what was found.
func (o *initSetup) askOne(ctx context.Context, question scaffold.Question, reader *bufio.Reader) error {
	found := question.Found(ctx)
	prompt := question.Text
	if len(found) > 1 {
		prompt += "\n  found: " + strings.Join(found, ", ") + "\n "
	}
	if len(found) > 0 {
		prompt += " [" + found[0] + "]"
	}
	for {
		_, _ = fmt.Fprintf(o.Err, "%s: ", visibleLines(prompt))
		line, ended := reader.ReadString('\n')
		answer := strings.TrimSpace(line)
		if ended != nil && answer == "" {
			return errors.New("no answer; nothing was written")
		}
		if answer == "" && len(found) > 0 {
			answer = found[0]
		}
		*question.Answer = answer
		reason := question.Check(ctx)
		if reason == nil {
			return nil
		}
		if ended != nil {
			return fmt.Errorf("--%s: %w; nothing was written", question.Flag, reason)
		}
		_, _ = fmt.Fprintf(o.Err, "  %s\n", visibleLines(reason.Error()))
	}
}

// visibleLines shows what a file has in it, and keeps the lines.
func visibleLines(text string) string {
	lines := strings.Split(text, "\n")
	for n, line := range lines {
		lines[n] = terminal.Visible(line)
	}
	return strings.Join(lines, "\n")
}

// missing returns the files to write: not those that are there and shared. One
// that is there and is not is an error.
func (o *initSetup) missing(wanted []scaffold.File) ([]scaffold.File, error) {
	var out []scaffold.File
	var there []string
	root, err := files.Open(o.Answers.Root)
	if err != nil {
		return nil, err
	}
	for _, file := range wanted {
		text, err := root.Read(filepath.FromSlash(file.Path))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			out = append(out, file)
		case err != nil:
			return nil, err
		case file.Amended:
			out = append(out, file)
		case file.Shared && string(text) == file.Text:
			// It is what this would write.
		case file.Shared:
			_, _ = fmt.Fprintf(o.Err, "%s is there, and is left as it is: see that it has what previews of %s need\n", o.name(file), o.Answers.Service)
		case o.Force:
			out = append(out, file)
		default:
			there = append(there, o.name(file))
		}
	}
	if len(there) > 0 {
		return nil, fmt.Errorf("%s: there already; nothing was written; overwrite with --force", strings.Join(there, ", "))
	}
	return out, nil
}

func (o *initSetup) name(file scaffold.File) string {
	return filepath.Join(o.Answers.Root, filepath.FromSlash(file.Path))
}

// write writes a file below the root, wherever links lead: os.Root follows none
// that leads out.
func (o *initSetup) write(file scaffold.File) error {
	root, err := os.OpenRoot(o.Answers.Root)
	if err == nil {
		defer root.Close() //nolint:errcheck // it is the files that are written
		name := filepath.FromSlash(file.Path)
		if err = root.MkdirAll(filepath.Dir(name), 0o755); err == nil { // a repository is for all who may read it
			err = root.WriteFile(name, []byte(file.Text), 0o644)
		}
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", file.Path, err)
	}
	_, err = fmt.Fprintln(o.Out, o.name(file))
	return err
}

// next says what is left to do.
func (o *initSetup) next(setup scaffold.Setup) {
	if setup.Unseen != nil {
		_, _ = fmt.Fprintf(o.Err, "warning: %s\n", terminal.Visible(fmt.Sprintf("the fleet was not looked through, and another service may watch the same repository: %v", setup.Unseen)))
	}
	for _, left := range setup.LeftOut {
		_, _ = fmt.Fprintf(o.Err, "warning: %s\n", terminal.Visible(fmt.Sprintf("%s: %s names %q, which is not in the repository, and was not looked at", left.File, left.Field, left.Shown())))
	}
	if setup.Unrouted != nil {
		_, _ = fmt.Fprintf(o.Err, "warning: %s\n", terminal.Visible(unrouted(*setup.Unrouted)))
	}
	a := o.Answers
	previews := filepath.Join(a.Root, a.FluxPath, "apps", a.Service, "previews")
	var steps []string
	for _, unlisted := range setup.Unlisted {
		steps = append(steps, "name "+strings.Join(unlisted.Names, " and ")+" in "+filepath.Join(a.Root, filepath.FromSlash(unlisted.In))+", so that Flux deploys it")
	}
	if len(setup.Stripped) > 0 {
		steps = append(steps, "deploy for all previews, with infrastructure/app-common-dev, what is cluster-scoped and stripped from each: "+strings.Join(setup.Stripped, ", "))
	}
	if setup.Namespace != "" {
		steps = append(steps, "have the account of previews made in "+setup.Namespace+": add it to the value previews.namespaces that Eddy is installed with")
	}
	steps = append(steps,
		setup.CI.Move(previews),
		fmt.Sprintf("see what a pull request deploys: eddy build preview -f %s --path %s --pr 1 --sha 6dcb09b", previews, a.Root),
		"commit and push; then create the Secret, as "+filepath.Join(previews, "secret.example.yaml")+" says",
	)
	if setup.Proves != "" {
		steps = append(steps, "where "+setup.Proves+" is not for everybody to pull, name the Secret for it in "+filepath.Join(previews, "provider.yaml"))
	}
	if t := setup.Telling; t != nil {
		steps = append(steps, fmt.Sprintf("create the Secret %s too: to comment, its token needs %s; to set the status of a commit, %s", t.Secret, t.Comment, t.Status))
	}
	_, _ = fmt.Fprintln(o.Err, "\nNext:")
	for n, step := range steps {
		_, _ = fmt.Fprintf(o.Err, "  %d. %s\n", n+1, step)
	}
}

// unrouted says that previews have no URL, and what to do about it.
func unrouted(of scaffold.Unrouted) string {
	out := fmt.Sprintf("there is no Ingress or HTTPRoute in %s: previews answer at no URL; ", of.Base)
	if of.Service == "" {
		return out + "nor is there a Service that leads to the Deployment: for one that is to be asked, add both"
	}
	return out + fmt.Sprintf("with --ingress one is written for each, to port %s of the Service %s", of.Port, of.Service)
}

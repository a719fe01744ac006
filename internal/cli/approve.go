package cli

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/control"
	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/source"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// approving are the options of `eddy approve` and `eddy revoke`.
type approving struct {
	onePreview
	Yes            bool
	Commit, Output string
}

func newApproveCommand(streams Streams) *cobra.Command {
	o := &approving{onePreview: newOnePreview(streams)}
	cmd := &cobra.Command{
		Use:   "approve PREVIEW",
		Short: "Approve of the commit of a pull request, so that it runs",
		Long: `Approve of the commit that a pull request wants, where its provider asks for that
(spec.forks.policy: Approve).

The commit that runs, the one that is wanted and the page of what is changed are shown
first, and it is asked whether to go on. What is approved is the commit that was shown:
one that is pushed meanwhile waits for an approval of its own. It is an annotation of
the provider, and who may write that, Kubernetes decides.

` + previewNames,
		Example: `  # Look at what pull request 1234 of the service api changes, and let it run
  eddy approve api/1234

  # The commit that was looked at, or none
  eddy approve api/1234 --commit 6dcb09b5b578 --yes`,
		Args:              oneArg,
		ValidArgsFunction: o.completePreview,
		RunE:              oneName(&o.Name, o.approve),
	}
	o.bindApproving(cmd, "approve without asking")
	cmd.Flags().StringVar(&o.Commit, "commit", "", "approve of this commit, 7 digits of it at least, and of no other")
	return cmd
}

func newRevokeCommand(streams Streams) *cobra.Command {
	o := &approving{onePreview: newOnePreview(streams)}
	cmd := &cobra.Command{
		Use:   "revoke PREVIEW",
		Short: "Take back what was approved of a pull request",
		Long: `Take back all that was approved of a pull request until now, however that was done.

What runs stays as it is, or goes, as spec.forks.whenRevoked of its provider says. It
is an annotation of the provider, and who may write that, Kubernetes decides.

` + previewNames,
		Example: `  # What pull request 1234 of the service api has is looked at again
  eddy revoke api/1234`,
		Args:              oneArg,
		ValidArgsFunction: o.completePreview,
		RunE:              oneName(&o.Name, o.revoke),
	}
	o.bindApproving(cmd, "take it back without asking")
	return cmd
}

func (o *approving) bindApproving(cmd *cobra.Command, yes string) {
	o.bind(cmd)
	cmd.Flags().BoolVarP(&o.Yes, "yes", "y", false, yes)
	bindOutput(cmd, &o.Output, dataFormats()...)
}

// approvable is a request whose provider asks for approvals, and how it stands.
type approvable struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Provider  string `json:"provider"`
	ID        string `json:"id"`
	Title     string `json:"title,omitempty"`
	// Runs is the commit that is exported, SHA the one that is wanted.
	Runs string `json:"runs,omitempty"`
	SHA  string `json:"sha"`
	// Page is that of the request, Changes that of what it changes.
	Page    string `json:"page,omitempty"`
	Changes string `json:"changes,omitempty"`
	// Approvals are what the provider knows of.
	Approvals []v1.Approval `json:"approvals,omitempty"`
	// Annotation is what was written, under its name.
	Annotation map[string]string `json:"annotation,omitempty"`

	held     *v1.HeldRequest
	provider *v1.ResourceSetInputProvider
}

// look finds the request, and who is asked for an approval of it.
func (o *approving) look(ctx context.Context) (found, *approvable, error) {
	if err := checkFormat(o.Output, dataFormats()...); err != nil {
		return found{}, nil, err
	}
	one, err := o.findRequest(ctx)
	if err != nil {
		return found{}, nil, err
	}
	for _, part := range one.View.Key().Parts() {
		for _, provider := range one.snapshot.ProvidersOf(one.View) {
			if provider.Name == part.Provider && provider.GetForks().Policy == v1.ForksApprove {
				return one, approvableOf(one.View, part, &provider), nil
			}
		}
	}
	return found{}, nil, fmt.Errorf("%s needs no approval: spec.forks.policy of its provider is not %s", one.Name, v1.ForksApprove)
}

func approvableOf(view preview.View, key preview.Key, provider *v1.ResourceSetInputProvider) *approvable {
	out := &approvable{
		Name: view.Name, Namespace: view.Namespace, Provider: provider.Name, ID: key.ID, Title: view.Title,
		SHA: cmp.Or(view.Head, view.Commit), Runs: view.Commit, provider: provider,
	}
	out.Page, out.Changes = source.RequestPages(provider.Spec.Type, provider.Spec.URL, key.ID)
	out.Page = cmp.Or(view.Request, out.Page)
	for n, line := range provider.Status.Held {
		if line.ID == key.ID {
			out.held = &provider.Status.Held[n]
			out.SHA, out.Runs = line.SHA, line.ExportedSHA
		}
	}
	for _, record := range provider.Status.Approvals {
		if record.ID == key.ID {
			out.Approvals = append(out.Approvals, record)
		}
	}
	return out
}

func (o *approving) approve(ctx context.Context) error {
	one, request, err := o.look(ctx)
	switch {
	case err != nil:
		return err
	case request.held == nil || request.SHA == "":
		return fmt.Errorf("%s waits for nothing: it is at commit %s, as its request is", one.Name, preview.Short(request.Runs))
	case o.Commit != "" && (len(o.Commit) < leastCommit || !strings.HasPrefix(request.SHA, strings.ToLower(o.Commit))):
		return fmt.Errorf("the request is at commit %s, and not at %s: look at that one, and approve of it", request.SHA, o.Commit)
	}
	at := o.now()
	for _, record := range request.Approvals { // later than what ended
		if record.Revoked != nil && !at.After(record.Revoked.Time) {
			at = record.Revoked.Add(time.Second)
		}
	}
	if err := o.confirm(request, fmt.Sprintf("Approve of commit %.12s of %s", request.SHA, one.Name)); err != nil {
		return err
	}
	if err := o.annotate(ctx, request, request.SHA+" "+at.UTC().Format(time.RFC3339)); err != nil || o.Output != "" {
		return err
	}
	return o.done("commit %.12s of %s is approved", request.SHA, one.Name)
}

// leastCommit is how much of a commit a flag has to say.
const leastCommit = 7

func (o *approving) revoke(ctx context.Context) error {
	one, request, err := o.look(ctx)
	if err != nil {
		return err
	}
	at := o.now()
	for _, record := range request.Approvals {
		if at.Before(record.At.Time) {
			at = record.At.Time
		}
	}
	if err := o.confirm(request, "Take back what was approved of "+one.Name); err != nil {
		return err
	}
	if err := o.annotate(ctx, request, v1.ApproveRevoked+" "+at.UTC().Format(time.RFC3339)); err != nil || o.Output != "" {
		return err
	}
	what := "what runs stays"
	if request.provider.GetForks().WhenRevoked == v1.WhenMissingRemove {
		what = "its preview goes"
	}
	return o.done("%s is approved no more: %s", one.Name, what)
}

// confirm shows a request, and asks whether to go on.
func (o *approving) confirm(request *approvable, question string) error {
	if o.Output != "" {
		if !o.Yes {
			return errors.New("-o is for scripts, which are not asked: give --yes too")
		}
		return nil
	}
	o.show(request)
	switch {
	case o.Yes:
		return nil
	case !terminal.Answers(o.In):
		return errors.New("look at what is changed, and give --yes, or run it on a terminal, which asks")
	}
	if _, err := fmt.Fprintf(o.Err, "\n%s? [y/N] ", question); err != nil {
		return err
	}
	answer, err := bufio.NewReader(o.In).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer == "y" || answer == "yes" {
		return nil
	}
	if err != nil && answer != "" {
		return err
	}
	return errors.New("nothing was written")
}

// show prints what there is to look at.
func (o *approving) show(request *approvable) {
	page := page{Streams: o.Streams, Screen: terminal.Of(o.Out)}
	field := func(name, value string) {
		if value != "" {
			page.paragraph(fmt.Sprintf("%-14s", name), "              ", terminal.Plain, value)
		}
	}
	field("Name:", request.Name)
	field("Pull request:", terminal.OneLine(request.Title))
	page.link(request.Page)
	field("Runs:", cmp.Or(request.Runs, "nothing yet"))
	for _, record := range request.Approvals {
		field("", o.tell(record))
	}
	field("Wants:", request.SHA)
	page.link(request.Changes)
	if request.held != nil {
		field("Waits:", terminal.OneLine(request.held.Message))
	}
}

// link prints an address whole, as it is to be copied.
func (p *page) link(address string) {
	if address != "" {
		p.line("%-13s %s", "", terminal.Visible(address))
	}
}

// tell is one approval, in words.
func (o *approving) tell(record v1.Approval) string {
	how := map[string]string{v1.ByReview: "in a review", v1.ByComment: "by a comment", v1.ByLabel: "by a label", v1.ByAnnotation: "by an annotation"}[record.How]
	out := fmt.Sprintf("%s was approved %s", preview.Short(record.SHA), cmp.Or(how, record.How))
	if record.By != "" {
		out += " by " + terminal.OneLine(record.By)
	}
	out += " " + o.age(record.At.Time) + " ago"
	if record.Revoked != nil {
		out += ", until " + terminal.OneLine(record.Why)
	}
	return out
}

// annotate writes the annotation of a provider, and prints what was written for a
// program.
func (o *approving) annotate(ctx context.Context, request *approvable, value string) error {
	server, err := o.connect()
	if err != nil {
		return err
	}
	request.Annotation = map[string]string{v1.ApproveAnnotationPrefix + request.ID: value}
	if err := control.Approve(ctx, server, request.provider, request.Annotation); err != nil || o.Output == "" {
		return err
	}
	return printValue(o.Out, o.Output, request)
}

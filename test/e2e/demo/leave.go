package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// playAndLeave starts the system, plays the first act, and leaves it running.
func (o *options) playAndLeave(cmd *cobra.Command) error {
	programs, dir, err := o.place(cmd)
	if err != nil {
		return err
	}
	if _, err := actors.LoadSystem(dir); err == nil {
		return fmt.Errorf("a system runs in %s already: see it with %s status, or end it with %s down", dir, program(), program())
	}
	p, err := start(cmd.Context(), programs, dir)
	if err == nil {
		err = errors.Join(p.firstAct(cmd.Context()), p.manned(cmd.Context()))
	}
	if err != nil {
		return fmt.Errorf("%w\n(what has started is left as it is; end it with: %s down)", err, program())
	}
	p.invite()
	return nil
}

// start starts a system and sets the stage. The image of the operator is made while
// all else starts, and the operator is installed while all else is made ready: nobody
// waits for either.
func start(ctx context.Context, programs actors.Programs, dir string) (*play, error) {
	print := newPrinter(os.Stdout)
	print.heading("Starting Kubernetes, Flux, Gitea and Eddy (the first time builds them, once, for about 10 minutes)")
	temp, err := os.MkdirTemp("", "eddy-image-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(temp) }() // a temporary folder
	archive := filepath.Join(temp, "eddy.tar")
	p := &play{print: print}
	if err := p.begin(ctx, programs, dir, archive); err != nil {
		return nil, err
	}
	world := p.world
	for _, missing := range world.System.Missing {
		print.line("missing", missing)
	}
	print.heading("Setting the stage")
	group, groupCtx := errgroup.WithContext(ctx)
	if world.System.Node != nil {
		group.Go(func() error { return p.install(groupCtx, archive) })
	}
	print.line("platform", "creates the repositories acme/fleet and acme/api on Gitea, and connects Flux to the fleet")
	group.Go(func() error { return world.PrepareForOperator(groupCtx) })
	if err := group.Wait(); err != nil {
		return nil, err
	}
	print.line("platform", "applies the provider api-prs and the ResourceSet api-pr-envs: two YAML files")
	if err := world.StartPreviews(ctx); err != nil {
		return nil, err
	}
	if err := errors.Join(world.TellRequests(ctx), world.DeployFleet(ctx)); err != nil {
		return nil, err
	}
	print.line("platform", "lets Eddy tell pull requests what becomes of their previews: spec.feedback of the provider")
	print.line("watcher", "looks at acme/api every "+pollEvery+", for open pull requests with the label "+actors.ReadyLabel)
	return p, nil
}

// begin starts the system, and makes the image of the operator.
func (p *play) begin(ctx context.Context, programs actors.Programs, dir, archive string) error {
	var system *actors.System
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		system, err = programs.Up(groupCtx, dir)
		return err
	})
	programs.Output = nil
	group.Go(func() error { return programs.PackOperator(groupCtx, archive) })
	if err := group.Wait(); err != nil {
		return err
	}
	world, err := actors.Open(programs, system)
	if err != nil {
		return err
	}
	world.PollEvery = pollEvery
	p.world = world
	return nil
}

// install has the operator run as its users run it, and does not wait until it does.
func (p *play) install(ctx context.Context, archive string) error {
	if err := p.world.LoadOperator(ctx, archive); err != nil {
		return err
	}
	p.print.line("platform", "installs Eddy by its chart, with eddy install: two pods, of which one leads")
	_, err := p.world.Run(ctx, append(p.world.Installation(), "--create-namespaces", "--wait=false")...)
	return err
}

// manned waits for all that was installed, which the first preview has not.
func (p *play) manned(ctx context.Context) error {
	if p.world.System.Node == nil {
		return nil
	}
	return p.world.Wait(ctx, p.world.Manned())
}

// firstAct opens two pull requests, and has one deployed.
func (p *play) firstAct(ctx context.Context) error {
	p.print.heading("Two pull requests; CI has built one of them")
	return p.narrated(ctx, func(ctx context.Context) error {
		first, err := p.open(ctx, "Add a page")
		if err != nil {
			return err
		}
		second, err := p.open(ctx, "Change the colours")
		if err != nil {
			return err
		}
		if err := p.label(ctx, first); err != nil {
			return err
		}
		if err := p.told(ctx, first); err != nil {
			return err
		}
		return p.world.Holds(ctx, p.world.Absent(second), time.Second)
	})
}

// invite says what the user can do now.
func (p *play) invite() {
	system, self := p.world.System, program()
	out := &strings.Builder{}
	say := func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) } // a Builder never fails

	first := actors.PullRequest{Number: 1}
	p.print.heading("It is yours")
	if system.Ingress != nil {
		say("Open the preview:")
		say("  curl -H 'Host: %s' %s/", first.Host(), system.Ingress.URL)
		address := strings.TrimPrefix(system.Ingress.URL, "http://")
		host, port, _ := strings.Cut(address, ":")
		say("  in a browser on this machine: http://%s:%s/ after", first.Host(), port)
		say("    echo '%s %s' | sudo tee -a /etc/hosts", host, first.Host())
		say("  (its PUBLIC_URL, %s, has DNS and TLS on a cluster of yours)", first.PublicURL())
	} else {
		say("There is no node here, so no pod runs and no URL answers. All else is real.")
	}
	say("")
	say("The pull request says it too: %s", p.world.Forge.AppURL()+"/pulls/1")
	say("")
	say("Go on:")
	examples(say, self, [][2]string{
		{"push 1", "a new commit: its preview rolls out"},
		{"label 2", "CI is done with pull request 2: it gets a preview"},
		{"unlabel 2", "without the label, the preview goes"},
		{"close 1", "closed: everything of it goes"},
		{"open 'My change'", "a pull request of yours"},
		{"status", "what there is"},
		{"env", "where everything is, for a shell: docs/demo.md adds a service of your own"},
		{"down", "end it, and remove all traces"},
	})
	say("")
	say("See what Eddy says of them, after export KUBECONFIG=%s", system.Kubeconfig)
	examples(say, asTyped(p.world.Programs.Operator), [][2]string{
		{"check", "whether all of it works"},
		{"get previews -n app-dev", "all previews, and the requests that wait for one"},
		{"describe preview api/1 -n app-dev", "one, from its pull request to its pods, and what is wrong"},
		{"open api/1 -n app-dev", "its URL, in a browser"},
	})
	say("")
	say("Or do the same on Gitea (it is looked at every %s):", pollEvery)
	say("  %s/acme/api/pulls   user %s, password %s", system.Gitea.URL, system.Gitea.Username, system.Gitea.Password)
	say("  git clone http://%s:%s@%s/acme/api.git", system.Gitea.Username, system.Gitea.Password, strings.TrimPrefix(system.Gitea.URL, "http://"))
	say("  curl -u %s:%s -X POST -H 'Content-Type: application/json' -d '{\"labels\":[\"%s\"]}' \\", system.Gitea.Username, system.Gitea.Password, actors.ReadyLabel)
	say("    %s/api/v1/repos/acme/api/issues/2/labels", system.Gitea.URL)
	say("  curl -u %s:%s -X PATCH -H 'Content-Type: application/json' -d '{\"state\":\"closed\"}' \\", system.Gitea.Username, system.Gitea.Password)
	say("    %s/api/v1/repos/acme/api/pulls/1", system.Gitea.URL)
	say("")
	kubectl := filepath.Join(system.Dir, "kubectl")
	if _, err := os.Stat(kubectl); err != nil {
		kubectl = "KUBECONFIG=" + system.Kubeconfig + " kubectl"
	}
	say("Or look closer: %s -n app-dev get rsip,rset,kustomization,deployment,service,ingress", kubectl)
	say("Logs: %s", system.Logs)
	if system.Node != nil {
		say("Eddy's own: %s -n %s logs deployment/eddy --all-pods", kubectl, actors.FluxNamespace)
	}
	p.print.block(out.String())
}

// examples says what a program can be told to do, and what that does.
func examples(say func(format string, args ...any), program string, of [][2]string) {
	width := 0
	for _, one := range of {
		width = max(width, len(one[0]))
	}
	for _, one := range of {
		say("  %s %-*s  # %s", program, width, one[0], one[1])
	}
}

// asTyped is the path of a program as a person would type it here.
func asTyped(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if short, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(short) {
		return short
	}
	return path
}

// status prints a line for each open pull request, and then what there is.
func (p *play) status(ctx context.Context) error {
	prs, err := p.world.Forge.List(ctx)
	if err != nil {
		return err
	}
	scene, err := p.world.Look(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	// The writer keeps its first error and returns it from Flush.
	_, _ = fmt.Fprintln(table, "PULL REQUEST\tTITLE\tLABEL\tKUSTOMIZATION\tURL")
	for _, pr := range prs {
		label := "no"
		if pr.Ready() {
			label = "yes"
		}
		_, _ = fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\n", pr.Number, pr.Title, label,
			orDash(scene[actors.Thing{Kind: "Kustomization", Name: pr.Kustomization()}]),
			orDash(scene[actors.Thing{Kind: "URL", Name: pr.PublicURL()}]))
	}
	return table.Flush()
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

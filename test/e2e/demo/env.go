package main

import (
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

func (o *options) envCommand() *cobra.Command {
	return &cobra.Command{
		Use: "env", Short: "Print for a shell where everything of the demo is", Args: cobra.NoArgs,
		Example: `  eval "$(bin/demo env)"`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := o.join(cmd)
			if err != nil {
				return err
			}
			system, err := withRegistry(cmd, p.world.System)
			if err != nil {
				return err
			}
			eddy, err := p.world.Programs.Eddy(cmd.Context())
			if err != nil {
				return err
			}
			if eddy, err = filepath.Abs(eddy); err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), exports(system, filepath.Dir(eddy)))
			return err
		},
	}
}

// withRegistry is the system with its registry, which is built after the first preview
// was there.
func withRegistry(cmd *cobra.Command, system *actors.System) (*actors.System, error) {
	if system.Registry.Host == "" {
		cmd.PrintErrln("The registry is still being built: waiting for it")
	}
	for ctx := cmd.Context(); system.Registry.Host == ""; {
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(time.Second):
		}
		var err error
		if system, err = actors.LoadSystem(system.Dir); err != nil {
			return nil, err
		}
	}
	return system, nil
}

// exports are the lines that a shell evaluates. Programs are those of this checkout, and
// the kubectl of the system.
func exports(system *actors.System, programs string) string {
	gitea := system.Gitea.URL
	if address, err := url.Parse(gitea); err == nil {
		address.User = url.UserPassword(system.Gitea.Username, system.Gitea.Password)
		gitea = address.String()
	}
	ingress := ""
	if system.Ingress != nil {
		ingress = system.Ingress.URL
	}
	out := &strings.Builder{}
	for _, each := range [][2]string{
		{"KUBECONFIG", quoted(system.Kubeconfig)},
		{"PATH", quoted(programs+":"+system.Dir) + `:"$PATH"`},
		{"DEMO_DIR", quoted(system.Dir)},
		{"DEMO_GITEA", quoted(gitea)},
		{"DEMO_GITEA_IN_PODS", quoted(system.ForPods(system.Gitea.URL))},
		{"DEMO_REGISTRY", quoted(system.Registry.Host)},
		{"DEMO_INGRESS", quoted(ingress)},
	} {
		_, _ = fmt.Fprintf(out, "export %s=%s\n", each[0], each[1]) // a Builder never fails
	}
	return out.String()
}

// quoted is a text as a shell takes it for one word, whatever is in it.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

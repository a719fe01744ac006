package cli

import (
	"context"
	"fmt"
	"os"
	"runtime"

	"github.com/cli/browser"
	"github.com/spf13/cobra"

	"github.com/eddy-previews/eddy/internal/flux"
	"github.com/eddy-previews/eddy/internal/preview"
)

// openPreview are the options of `eddy open`.
type openPreview struct {
	onePreview
	Print   bool
	Request bool
}

func newOpenCommand(streams Streams) *cobra.Command {
	o := &openPreview{onePreview: newOnePreview(streams)}
	cmd := &cobra.Command{
		Use:   "open PREVIEW",
		Short: "Open a preview in the browser",
		Long: `Open a preview in the browser; where there is no display, print its URL.

` + previewNames,
		Example: `  # Preview 1234 of the service api
  eddy open api/1234

  # Its URL alone, for a script
  curl -fsS "$(eddy open api/1234 --print)"

  # Its pull request
  eddy open api/1234 --request`,
		Args:              oneArg,
		ValidArgsFunction: o.completePreview,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Name = args[0]
			return o.run(cmd.Context())
		},
	}
	o.bind(cmd)
	cmd.Flags().BoolVar(&o.Print, "print", false, "print the URL, and open nothing")
	cmd.Flags().BoolVar(&o.Request, "request", false, "the page of the pull request instead")
	return cmd
}

func (o *openPreview) run(ctx context.Context) error {
	one, err := o.find(ctx)
	if err != nil {
		return err
	}
	url := one.URL
	switch {
	case o.Request && one.Request == "":
		return fmt.Errorf("the page of %s is not known: its provider does not export a url", one.Name)
	case o.Request:
		url = one.Request
	case url == "":
		return fmt.Errorf("the URL of %s is not known: give its Ingress a host, or any of its objects the annotation %s", one.Name, flux.URLAnnotation)
	}
	url, err = preview.Address(url)
	if err != nil {
		return err
	}
	if o.Print || !hasDisplay() {
		_, err := fmt.Fprintln(o.Out, url)
		return err
	}
	if one.Ready != "True" {
		o.warn("%s is not ready: `%s` says why", one.Name, o.command("eddy describe preview "+quoted(one.Name)))
	}
	o.note("Opening %s", url)
	if err := browser.OpenURL(url); err != nil {
		return fmt.Errorf("no browser could be started (%w): use --print", err)
	}
	return nil
}

// hasDisplay reports whether a browser would be seen.
func hasDisplay() bool {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		return true
	}
	return os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "" || os.Getenv("WSL_DISTRO_NAME") != ""
}

package cli

import (
	"fmt"
	"net/http"

	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/remote"
	"github.com/eddy-previews/eddy/internal/terminal"
	"github.com/eddy-previews/eddy/internal/transport"
)

// fetcher returns what fetches for overlays, nil where nobody asked for that.
func (o *buildPreview) fetcher(asked http.RoundTripper) overlay.Remote {
	if !o.Fetch {
		return nil
	}
	if asked == nil {
		asked = transport.DefaultNetworks().Transport()
	}
	out := remote.New(asked)
	if terminal.IsOne(o.Err) {
		out.Announce = func(address string) { _, _ = fmt.Fprintf(o.Err, "fetching %s\n", terminal.Visible(address)) }
	}
	return out
}

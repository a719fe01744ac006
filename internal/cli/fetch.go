package cli

import (
	"fmt"
	"net/http"
	"os"
	"strconv"

	"golang.org/x/term"

	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/remote"
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
	if o.followed() {
		out.Announce = func(address string) { _, _ = fmt.Fprintf(o.Err, "fetching %s\n", visible(address)) }
	}
	return out
}

// followed reports whether somebody reads on a terminal what goes to Err.
// TTY_FORCE makes one of what is none.
func (s Streams) followed() bool {
	if forced, _ := strconv.ParseBool(os.Getenv("TTY_FORCE")); forced { // what is no boolean is none
		return true
	}
	file, isFile := s.Err.(*os.File)
	return isFile && term.IsTerminal(int(file.Fd()))
}

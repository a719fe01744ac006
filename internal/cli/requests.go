package cli

import (
	"io"
	"net/http"

	"k8s.io/client-go/transport"
	"k8s.io/klog/v2"
	"k8s.io/klog/v2/textlogger"
)

// told are requests to a cluster of which each is told, as kubectl does with -v: by
// its URL and time from 6 on, with its headers from 7 on. A token among them is
// masked. What they answer is never told: there may be Secrets in it.
type told struct {
	http.RoundTripper
	log klog.Logger
}

// telling has requests told on out, up to a verbosity.
func telling(way http.RoundTripper, out io.Writer, verbosity int) http.RoundTripper {
	log := textlogger.NewLogger(textlogger.NewConfig(textlogger.Verbosity(verbosity), textlogger.Output(out)))
	return told{transport.NewDebuggingRoundTripper(way, transport.DebugByContext), log}
}

// RoundTrip implements http.RoundTripper.
func (t told) RoundTrip(req *http.Request) (*http.Response, error) {
	return t.RoundTripper.RoundTrip(req.WithContext(klog.NewContext(req.Context(), t.log)))
}

// WrappedRoundTripper is as that of toCluster.
func (t told) WrappedRoundTripper() http.RoundTripper { return t.RoundTripper }

// Package charts holds the Helm chart of the operator, so that the command line
// installs what Helm installs.
package charts

import "embed"

// Eddy is the chart, in the folder "eddy".
//
//go:embed all:eddy
var Eddy embed.FS

// Package examples holds the complete set-ups of this folder, from which
// `eddy init` derives others.
package examples

import "embed"

// Files are the set-ups, one folder a forge, and fleet.
//
//go:embed all:azure-devops all:bitbucket all:github all:gitlab all:gitea all:fleet
var Files embed.FS

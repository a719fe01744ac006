package local

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/eddy-previews/eddy/test/cluster/internal/flux"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
)

// Run is a program that runs beside the system once that is ready.
type Run struct{ Name, Command string }

// namePattern keeps a name fit for a file name.
var namePattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// ParseRun reads NAME=COMMAND, as in "eddy=/work/bin/eddy operator".
func ParseRun(text string) (Run, error) {
	name, command, found := strings.Cut(text, "=")
	command = strings.TrimSpace(command)
	if !found || command == "" {
		return Run{}, fmt.Errorf("--run %q: want NAME=COMMAND, as in 'eddy=bin/eddy operator'", text)
	}
	if !namePattern.MatchString(name) {
		return Run{}, fmt.Errorf("--run %q: the name %q must consist of lower-case letters, digits and dashes", text, name)
	}
	return Run{Name: name, Command: command}, nil
}

// spec lets a shell read the command, for its quotes and variables; exec puts
// the program in the shell's place, so that signals reach it.
func (r Run) spec(kubeconfig, events string) supervise.Spec {
	return supervise.Spec{
		Name: r.Name, Path: "/bin/sh", Args: []string{"-c", "exec " + r.Command},
		Env: []string{
			"KUBECONFIG=" + kubeconfig, "RUNTIME_NAMESPACE=" + flux.Namespace,
			"NOTIFICATION_CONTROLLER_ADDRESS=" + events,
		},
	}
}

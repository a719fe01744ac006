// Package registry says how the registry of the local system runs: the one of
// the distribution project, over HTTP, without a login, on 127.0.0.1. The node
// reaches it through its cable, under an address that nobody else has.
package registry

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/eddy-previews/eddy/test/cluster/internal/probe"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
)

// Process is the name of the registry's process.
const Process = "registry"

// Config says what the registry needs to run.
type Config struct {
	// Dir holds what was pushed, and its settings.
	Dir string
	// Program is the path of the registry.
	Program string
	Port    int
}

// Prepare writes the settings.
func (c Config) Prepare() error {
	if err := os.MkdirAll(c.Dir, 0o750); err != nil {
		return fmt.Errorf("making the registry's folder: %w", err)
	}
	if err := os.WriteFile(c.file(), []byte(c.settings()), 0o600); err != nil {
		return fmt.Errorf("writing the registry's settings: %w", err)
	}
	return nil
}

// Spec is the registry as a process.
func (c Config) Spec() supervise.Spec {
	url := "http://" + c.listen()
	return supervise.Spec{
		Name: Process, Path: c.Program, Args: []string{"serve", c.file()}, Dir: c.Dir,
		// Traces and metrics of its own would be sent somewhere by default.
		Env:     []string{"OTEL_TRACES_EXPORTER=none", "OTEL_METRICS_EXPORTER=none", "OTEL_LOGS_EXPORTER=none"},
		Address: url,
		Ready:   probe.HTTP(url + "/v2/"),
	}
}

func (c Config) file() string   { return filepath.Join(c.Dir, "config.yml") }
func (c Config) listen() string { return "127.0.0.1:" + strconv.Itoa(c.Port) }

func (c Config) settings() string {
	return fmt.Sprintf(`version: 0.1
log: {level: warn}
storage:
  filesystem: {rootdirectory: %q}
  delete: {enabled: true}
http:
  addr: %s
  headers: {X-Content-Type-Options: [nosniff]}
`, filepath.Join(c.Dir, "data"), c.listen())
}

// Package gitea says how the Git forge of the local system runs: with SQLite,
// on 127.0.0.1, with one administrator and a token for its API. Its pages have
// no styling, because the module holds no built front end; API and Git over
// HTTP are complete.
package gitea

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"github.com/eddy-previews/eddy/test/cluster/internal/probe"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
	"github.com/eddy-previews/eddy/test/cluster/system"
)

// Username is the administrator's.
const Username = "eddy"

// Config says what Gitea needs to run.
type Config struct {
	// Dir holds its database, repositories and settings.
	Dir string
	// Program is the path of Gitea, Static the folder of its templates.
	Program, Static string
	Port            int
}

// Prepare writes the settings and, the first time, makes the database and the
// administrator. It returns what others need to know of both.
func (c Config) Prepare(ctx context.Context) (*system.Gitea, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, errors.New("git is not installed, and Gitea needs it: install the package git")
	}
	if err := os.MkdirAll(c.home(), 0o700); err != nil {
		return nil, fmt.Errorf("making Gitea's folder: %w", err)
	}
	admin, err := c.admin()
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(c.ini(), []byte(c.settings()), 0o600); err != nil {
		return nil, fmt.Errorf("writing Gitea's settings: %w", err)
	}
	if admin.Token != "" {
		return admin, nil
	}
	if _, err := c.run(ctx, "migrate"); err != nil {
		return nil, fmt.Errorf("making Gitea's database: %w", err)
	}
	out, err := c.run(ctx, "admin", "user", "create", "--admin",
		"--username", admin.Username, "--password", admin.Password, "--email", Username+"@example.com",
		"--must-change-password=false", "--access-token", "--access-token-name", "eddy", "--access-token-scopes", "all")
	if err != nil {
		return nil, fmt.Errorf("making Gitea's administrator: %w", err)
	}
	if admin.Token, err = tokenIn(out); err != nil {
		return nil, err
	}
	return admin, c.keep(admin)
}

// Spec is Gitea as a process.
func (c Config) Spec() supervise.Spec {
	return supervise.Spec{
		Name: "gitea", Path: c.Program, Args: []string{"web", "--config", c.ini()},
		Env: c.env(), Dir: c.Dir, Address: c.url(),
		Ready: probe.HTTP(c.url() + "/api/healthz"),
	}
}

func (c Config) url() string  { return "http://127.0.0.1:" + strconv.Itoa(c.Port) }
func (c Config) ini() string  { return filepath.Join(c.Dir, "app.ini") }
func (c Config) home() string { return filepath.Join(c.Dir, "home") }

// env keeps Gitea and the git that it runs away from the user's own settings.
func (c Config) env() []string {
	return []string{
		"HOME=" + c.home(),
		"GITEA_WORK_DIR=" + c.Dir,
		"GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT=true",
	}
}

func (c Config) run(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.Program, append(args, "--config", c.ini())...)
	cmd.Env = append(os.Environ(), c.env()...)
	cmd.Dir = c.Dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("gitea %s: %w: %s", args[0], err, strings.TrimSpace(string(out)))
	}
	return string(out), nil
}

// keptAdmin is the content of the file that keeps the administrator for the
// next time.
type keptAdmin struct {
	Admin system.Gitea `json:"admin"`
}

// admin reads who the administrator is, or invents one without a token.
func (c Config) admin() (*system.Gitea, error) {
	raw, err := os.ReadFile(c.adminFile())
	if errors.Is(err, os.ErrNotExist) {
		return &system.Gitea{URL: c.url(), Username: Username, Password: rand.Text()}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading Gitea's administrator: %w", err)
	}
	var kept keptAdmin
	if err := json.Unmarshal(raw, &kept); err != nil {
		return nil, fmt.Errorf("reading Gitea's administrator from %s: %w", c.adminFile(), err)
	}
	kept.Admin.URL = c.url() // the port can be another one than last time
	return &kept.Admin, nil
}

func (c Config) keep(admin *system.Gitea) error {
	raw, err := json.Marshal(keptAdmin{Admin: *admin})
	if err != nil {
		return err
	}
	return os.WriteFile(c.adminFile(), raw, 0o600)
}

func (c Config) adminFile() string { return filepath.Join(c.Dir, "admin.json") }

var tokenPattern = regexp.MustCompile(`Access token was successfully created\.\.\. ([0-9a-f]{40})`)

func tokenIn(out string) (string, error) {
	match := tokenPattern.FindStringSubmatch(out)
	if match == nil {
		return "", fmt.Errorf("gitea admin user create printed no token, but: %s", strings.TrimSpace(out))
	}
	return match[1], nil
}

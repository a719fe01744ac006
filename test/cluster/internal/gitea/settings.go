package gitea

import (
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// settings is the content of app.ini. Everything optional that runs in the
// background is off, so that an idle Gitea costs nothing.
func (c Config) settings() string {
	sections := []struct {
		name string
		keys [][2]string
	}{
		{"", [][2]string{
			{"APP_NAME", "Eddy's local forge"}, {"RUN_MODE", "prod"}, {"RUN_USER", runUser()}, {"WORK_PATH", c.Dir},
		}},
		{"server", [][2]string{
			{"HTTP_ADDR", "127.0.0.1"}, {"HTTP_PORT", strconv.Itoa(c.Port)}, {"ROOT_URL", c.url() + "/"},
			{"DISABLE_SSH", "true"}, {"OFFLINE_MODE", "true"}, {"LFS_START_SERVER", "false"},
			{"STATIC_ROOT_PATH", c.Static},
		}},
		{"database", [][2]string{
			{"DB_TYPE", "sqlite3"}, {"PATH", filepath.Join(c.Dir, "gitea.db")}, {"SQLITE_JOURNAL_MODE", "WAL"},
			{"SQLITE_TIMEOUT", "5000"},
		}},
		{"security", [][2]string{
			// Not a secret worth the name: the server is on 127.0.0.1 and the
			// whole folder goes with the system.
			{"INSTALL_LOCK", "true"}, {"SECRET_KEY", "local-system-only"},
		}},
		{"service", [][2]string{{"DISABLE_REGISTRATION", "true"}, {"DEFAULT_KEEP_EMAIL_PRIVATE", "true"}}},
		{"repository", [][2]string{
			{"ROOT", filepath.Join(c.Dir, "repositories")}, {"DEFAULT_BRANCH", "main"}, {"DISABLE_HTTP_GIT", "false"},
		}},
		{"api", [][2]string{{"MAX_RESPONSE_ITEMS", "50"}}},
		{"actions", [][2]string{{"ENABLED", "false"}}},
		{"packages", [][2]string{{"ENABLED", "false"}}},
		{"indexer", [][2]string{{"ISSUE_INDEXER_TYPE", "db"}}},
		{"cron", [][2]string{{"ENABLED", "false"}}},
		{"picture", [][2]string{{"DISABLE_GRAVATAR", "true"}}},
		{"session", [][2]string{{"PROVIDER", "memory"}}},
		{"log", [][2]string{{"MODE", "console"}, {"LEVEL", "Warn"}}},
	}
	var ini strings.Builder
	for _, section := range sections {
		if section.name != "" {
			ini.WriteString("\n[" + section.name + "]\n")
		}
		for _, key := range section.keys {
			ini.WriteString(key[0] + " = " + key[1] + "\n")
		}
	}
	return ini.String()
}

// runUser is who runs Gitea, which refuses to run as somebody else than its
// settings say.
func runUser() string {
	current, err := user.Current()
	if err != nil {
		return ""
	}
	return current.Username
}

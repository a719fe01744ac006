package gitea

import (
	"strings"
	"testing"
)

func TestTokenIsReadFromWhatGiteaPrints(t *testing.T) {
	const token = "0bc0b9c1a65336e63a0b8c2334bee30c4c5dbe56"
	got, err := tokenIn("New user 'eddy' has been successfully created!\nAccess token was successfully created... " + token + "\n")
	if err != nil || got != token {
		t.Errorf("got %q (%v), want %q", got, err, token)
	}
	if _, err := tokenIn("New user 'eddy' has been successfully created!"); err == nil {
		t.Error("no token is no error")
	}
}

func TestSettingsKeepGiteaOnThisMachine(t *testing.T) {
	settings := Config{Dir: "/system/gitea", Static: "/cache/static", Port: 3000}.settings()
	for _, line := range []string{
		"HTTP_ADDR = 127.0.0.1\n", "HTTP_PORT = 3000\n", "ROOT_URL = http://127.0.0.1:3000/\n",
		"OFFLINE_MODE = true\n", "DISABLE_REGISTRATION = true\n", "INSTALL_LOCK = true\n",
		"DEFAULT_BRANCH = main\n", "MAX_RESPONSE_ITEMS = 50\n", "[actions]\nENABLED = false\n",
	} {
		if !strings.Contains(settings, line) {
			t.Errorf("the settings lack %q:\n%s", line, settings)
		}
	}
}

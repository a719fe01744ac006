package overlay_test

import (
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/overlay"
)

func TestALoginInAnAddressIsNotShown(t *testing.T) {
	for entry, want := range map[string]string{
		"https://me:hunter2@host.invalid/x.yaml":      "https://…@host.invalid/x.yaml",
		"https://me:hunt@er2@host.invalid/x.yaml":     "https://…@host.invalid/x.yaml",
		"git::https://hunter2@host.invalid/x?ref=a@b": "git::https://…@host.invalid/x?ref=a@b",
		"https://host.invalid/a@b":                    "https://host.invalid/a@b",
		"git@host.invalid:org/base":                   "git@host.invalid:org/base",
	} {
		left := overlay.LeftOut{File: "app/kustomization.yaml", Field: "resources", Entry: entry}
		if left.Shown() != want || !strings.HasSuffix(left.String(), want) {
			t.Errorf("%s is shown as %s", entry, left)
		}
	}
}

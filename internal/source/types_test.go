package source_test

import (
	"errors"
	"strings"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

func TestATypeThatIsNotKnownIsNotSupported(t *testing.T) {
	if _, err := source.New(source.Config{Type: "SourceForgePatch"}); !errors.Is(err, source.ErrUnsupported) {
		t.Errorf("opened: %v", err)
	}
}

func TestWhatIsInNoRepositoryOfAForgeHasNone(t *testing.T) {
	for _, kind := range []string{v1.InputProviderOCIArtifactTag, v1.InputProviderExternalService, v1.InputProviderExternalArtifact, "SourceForgePatch"} {
		if _, err := source.Repository(source.Config{Type: kind}); !errors.Is(err, source.ErrUnsupported) || !strings.Contains(err.Error(), kind) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

package cli

import (
	"io"
	"testing"

	"github.com/eddy-previews/eddy/internal/preview"
	"github.com/eddy-previews/eddy/internal/terminal"
)

func TestAPreviewThatWasThereIsNotWaitedForOnceItIsGone(t *testing.T) {
	missing := &preview.NotFoundError{Name: "api-pr-envs/api-prs/3"}
	for name, tc := range map[string]struct{ known, want string }{
		"it was there":       {known: "api/3", want: "api/3 is gone: its pull request is closed, or is no input any more"},
		"it has yet to come": {},
	} {
		t.Run(name, func(t *testing.T) {
			one := &awaited{waitPreview: &waitPreview{For: forReady, known: tc.known, line: terminal.LineOn(io.Discard)}}
			came, err := one.judge(preview.View{}, missing)
			said := ""
			if err != nil {
				said = err.Error()
			}
			if came || said != tc.want {
				t.Errorf("it came: %t, and ended with %q; want %q", came, said, tc.want)
			}
		})
	}
}

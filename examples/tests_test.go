package examples_test

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// Tests begin once the very commit answers that was pushed: of the merge that CI
// checks out there is no preview.
func TestTheTestsOfAPreviewWaitForTheHeadOfItsRequest(t *testing.T) {
	for _, c := range []struct{ folder, file, head, merge string }{
		{"github", ".github/workflows/preview-tests.yaml", "github.event.pull_request.head.sha", "$GITHUB_SHA"},
		{"gitlab", "preview-tests.gitlab-ci.yml", "${CI_MERGE_REQUEST_SOURCE_BRANCH_SHA:-$CI_COMMIT_SHA}", `--commit "$CI_COMMIT_SHA"`},
		{"azure-devops", "preview-tests.yml", "System.PullRequest.SourceCommitId", "$(Build.SourceVersion)"},
	} {
		t.Run(c.folder, func(t *testing.T) {
			text := read(t, c.folder, c.file)
			if err := yaml.Unmarshal([]byte(text), &map[string]any{}); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(text, `--commit "$HEAD_SHA"`) || !strings.Contains(text, c.head) || strings.Contains(text, c.merge) {
				t.Error("it does not wait for the head of the request")
			}
			wait, tests := strings.Index(text, "wait preview"), strings.Index(text, "your tests")
			if wait < 0 || tests < wait {
				t.Errorf("it waits at byte %d, and tests at %d", wait, tests)
			}
			if !strings.Contains(read(t, c.folder, "README.md"), c.file) {
				t.Error("the README does not name it")
			}
		})
	}
}

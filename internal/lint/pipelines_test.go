package lint_test

import (
	"os"
	"path/filepath"
	"testing"
)

// chart is a service whose image has the tag of its request.
const chart = `
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: prs, namespace: app-dev}
spec:
  type: GitLabMergeRequest
  url: https://gitlab.com/acme/api
  skip: {labels: ["!build/image-ready"], whenMissing: Freeze}
---
apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSet
metadata: {name: previews, namespace: app-dev}
spec:
  inputsFrom: [{name: prs}]
  resources:
    - apiVersion: helm.toolkit.fluxcd.io/v2
      kind: HelmRelease
      metadata: {name: "api-<< inputs.id >>", namespace: app-dev}
      spec:
        interval: 10m
        chartRef: {kind: OCIRepository, name: api}
        values: {image: {tag: "pr-<< inputs.id >>"}, podAnnotations: {sha: "sha-<< inputs.sha >>"}}
`

// How pipelines take a label away and set it, on each forge.
var pipelines = []struct {
	claim, file, text, rule string
}{{
	claim: "a tool of the forge does",
	file:  ".gitlab-ci.yml",
	text: `
build:
  script:
    - !reference [.login, script]
    - glab mr update "$CI_MERGE_REQUEST_IID" --unlabel build/image-ready
    - make push
    - glab mr update "$CI_MERGE_REQUEST_IID" --label build/image-ready`,
}, {
	claim: "a variable holds the label",
	file:  ".gitlab-ci.yml",
	text: `
variables: {LABEL: build/image-ready}
build:
  script:
    - 'curl -X PUT -d "remove_labels=$LABEL" "$API/merge_requests/$IID"'
    - make push
    - 'curl -X PUT -d "add_labels=$LABEL" "$API/merge_requests/$IID"'`,
}, {
	claim: "an action does, whose name says so",
	file:  ".github/workflows/preview.yaml",
	text: `
jobs:
  build:
    steps:
      - uses: actions-ecosystem/action-remove-labels@v1
        with: {labels: build/image-ready}
      - run: make push
      - uses: actions-ecosystem/action-add-labels@v1
        with: {labels: build/image-ready}`,
}, {
	claim: "a script of an action does",
	file:  ".github/workflows/preview.yaml",
	text: `
jobs:
  build:
    steps:
      - uses: actions/github-script@v7
        with:
          script: await github.rest.issues.removeLabel({...context.repo, name: 'build/image-ready'})
      - run: make push
      - uses: actions/github-script@v7
        with:
          script: await github.rest.issues.addLabels({...context.repo, labels: ['build/image-ready']})`,
}, {
	claim: "a request in a nested stage does",
	file:  "azure-pipelines.yml",
	text: `
stages:
  - stage: build
    jobs:
      - job: build
        steps:
          - script: curl -X DELETE "$URL/labels/build%2Fimage-ready?api-version=7.1"
          - script: make push
          - script: 'curl -X POST -d "{\"name\": \"build/image-ready\"}" "$URL/labels?api-version=7.1"'`,
}, {
	claim: "nobody does",
	file:  ".gitlab-ci.yml",
	rule:  "stale-label",
	text: `
build:
  script:
    - make push
    - glab mr update "$CI_MERGE_REQUEST_IID" --label build/image-ready`,
}, {
	claim: "it is done too late",
	file:  ".gitlab-ci.yml",
	rule:  "stale-label",
	text: `
build:
  script:
    - make push
    - glab mr update "$CI_MERGE_REQUEST_IID" --label build/image-ready
    - glab mr update "$CI_MERGE_REQUEST_IID" --unlabel build/image-ready`,
}, {
	claim: "it is set before the image is pushed",
	file:  ".github/workflows/preview.yaml",
	rule:  "early-label",
	text: `
jobs:
  image:
    steps:
      - run: gh pr edit "$N" --remove-label build/image-ready
      - run: |
          gh pr edit "$N" --add-label build/image-ready
          docker build -t api . && docker push api`,
}, {
	claim: "it is set by a job that waits for none",
	file:  ".github/workflows/preview.yaml",
	rule:  "early-label",
	text: `
jobs:
  image:
    steps:
      - run: gh pr edit "$N" --remove-label build/image-ready
      - uses: docker/build-push-action@v6
        with: {push: true}
  label:
    steps:
      - run: gh pr edit "$N" --add-label build/image-ready`,
}, {
	claim: "it is set by a job that waits for the one that pushes",
	file:  ".github/workflows/preview.yaml",
	text: `
jobs:
  label:
    needs: [test]
    steps:
      - run: gh pr edit "$N" --add-label build/image-ready
  test: {needs: image, steps: [{run: make test}]}
  image:
    steps:
      - run: gh pr edit "$N" --remove-label build/image-ready
      - uses: docker/build-push-action@v6
        with: {push: true}`,
}, {
	claim: "it is set in a stage before",
	file:  ".gitlab-ci.yml",
	rule:  "early-label",
	text: `
stages: [prepare, build]
label:
  stage: prepare
  script:
    - glab mr update "$IID" --unlabel build/image-ready
    - glab mr update "$IID" --label build/image-ready
image:
  stage: build
  script: [docker push api]`,
}, {
	claim: "it is set in a stage after, of which the file says the job first",
	file:  ".gitlab-ci.yml",
	text: `
stages: [build, label]
clean:
  stage: .pre
  script: [glab mr update "$IID" --unlabel build/image-ready]
label:
  stage: label
  script: [glab mr update "$IID" --label build/image-ready]
image:
  stage: build
  script: [docker push api]`,
}, {
	claim: "it is set in a job beside the one that pushes",
	file:  "azure-pipelines.yml",
	rule:  "early-label",
	text: `
jobs:
  - job: image
    steps:
      - script: curl -X DELETE "$URL/labels/build%2Fimage-ready?api-version=7.1"
      - task: Docker@2
        inputs: {command: buildAndPush}
  - job: label
    steps:
      - script: 'curl -X POST -d "{\"name\": \"build/image-ready\"}" "$URL/labels?api-version=7.1"'`,
}, {
	claim: "it is set in the stage after",
	file:  "azure-pipelines.yml",
	text: `
stages:
  - stage: image
    jobs:
      - job: image
        steps:
          - script: curl -X DELETE "$URL/labels/build%2Fimage-ready?api-version=7.1"
          - task: Docker@2
            inputs: {command: buildAndPush}
  - stage: label
    jobs:
      - job: label
        steps:
          - script: 'curl -X POST -d "{\"name\": \"build/image-ready\"}" "$URL/labels?api-version=7.1"'`,
}, {
	claim: "a step of Woodpecker sets it before",
	file:  ".woodpecker.yaml",
	rule:  "early-label",
	text: `
steps:
  - name: clean
    image: alpine
    commands: ['curl -X DELETE "$API/labels/build%2Fimage-ready"']
  - name: label
    image: alpine
    commands: ['curl -X POST -d "{\"labels\": [\"build/image-ready\"]}" "$API/labels"']
  - name: image
    image: woodpeckerci/plugin-docker-buildx
    settings: {repo: acme/api}`,
}, {
	claim: "a step of Woodpecker sets it after",
	file:  ".woodpecker.yaml",
	text: `
steps:
  clean:
    image: alpine
    commands: ['curl -X DELETE "$API/labels/build%2Fimage-ready"']
  image:
    image: woodpeckerci/plugin-docker-buildx
    settings: {repo: acme/api}
  label:
    image: alpine
    commands: ['curl -X POST -d "{\"labels\": [\"build/image-ready\"]}" "$API/labels"']`,
}, {
	claim: "another label is set",
	file:  ".gitlab-ci.yml",
	rule:  "dead-label",
	text: `
build:
  script:
    - make push
    - glab mr update "$CI_MERGE_REQUEST_IID" --label image-ready`,
}, {
	claim: "a pipeline that has nothing to do with it",
	file:  ".gitlab-ci.yml",
	text: `
validate:
  script:
    - glab mr update "$CI_MERGE_REQUEST_IID" --label validated`,
}}

func TestALabelIsStaleUnlessThePipelineTakesItAwayFirst(t *testing.T) {
	t.Parallel()
	for _, test := range pipelines {
		t.Run(test.claim, func(t *testing.T) {
			root := t.TempDir()
			for name, text := range map[string]string{"previews.yaml": chart, test.file: test.text} {
				path := filepath.Join(root, name)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			findings := check(t, root)
			if test.rule == "" && len(findings) > 0 {
				t.Errorf("found %s: %s", findings[0].Rule, findings[0].Message)
			}
			if test.rule != "" && (len(findings) != 1 || findings[0].Rule != test.rule) {
				t.Errorf("found %v, want %s alone", findings, test.rule)
			}
		})
	}
}

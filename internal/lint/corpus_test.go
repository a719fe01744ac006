package lint_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/eddy-previews/eddy/internal/lint"
)

// fleet is a small fleet repository after what public ones do, without a fault.
type fleet struct {
	name  string
	files []txtar.File
}

// fleets are those of testdata/fleets.
func fleets(t *testing.T) []fleet {
	t.Helper()
	found, err := filepath.Glob("testdata/fleets/*.txtar")
	if err != nil || len(found) < 12 {
		t.Fatalf("%d fleets, %v", len(found), err)
	}
	var out []fleet
	for _, name := range found {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, fleet{strings.TrimSuffix(filepath.Base(name), ".txtar"), archive.Files})
	}
	return out
}

// findings writes the fleet down, and lints it.
func (f fleet) findings(t *testing.T) []lint.Finding {
	t.Helper()
	root := t.TempDir()
	for _, file := range f.files {
		name := filepath.Join(root, file.Name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, file.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	setup, err := lint.Load(t.Context(), lint.Options{Paths: []string{root}})
	if err != nil {
		t.Fatal(err)
	}
	return setup.Findings()
}

// with returns the fleet with a fault, and whether it has what the fault is put into.
func (f fleet) with(fault fault) (fleet, bool) {
	if fault.before == "" {
		f.files = append(slices.Clone(f.files), txtar.File{Name: "previews/fault.yaml", Data: []byte(fault.after)})
		return f, strings.Contains(f.text(), fault.where)
	}
	at := slices.IndexFunc(f.files, func(file txtar.File) bool { return strings.Contains(string(file.Data), fault.before) })
	if at < 0 || !strings.Contains(f.text(), fault.where) {
		return f, false
	}
	f.files = slices.Clone(f.files)
	f.files[at].Data = []byte(strings.Replace(string(f.files[at].Data), fault.before, fault.after, 1))
	return f, true
}

func (f fleet) text() string {
	var out strings.Builder
	for _, file := range f.files {
		out.Write(file.Data)
	}
	return out.String()
}

func TestFleetsWithoutAFaultAreClean(t *testing.T) {
	t.Parallel()
	alarms, all := 0, fleets(t)
	for _, fleet := range all {
		for _, finding := range fleet.findings(t) {
			alarms++
			t.Errorf("%s: %s: %s: %s", fleet.name, finding.Position, finding.Rule, finding.Message)
		}
	}
	t.Logf("%d fleets, %d false alarms", len(all), alarms)
}

// Each fault is put into three fleets; when tests are to be short, into one.
func TestEachFaultIsFoundInEachFleetAndNothingElse(t *testing.T) {
	t.Parallel()
	wanted := 3
	if testing.Short() {
		wanted = 1
	}
	all, put, missed, others := fleets(t), map[string]int{}, 0, 0
	for n, fault := range faults {
		for i := range all {
			fleet, fits := all[(i+n)%len(all)].with(fault) // not always the same ones
			if !fits || put[fault.rule] >= wanted {
				continue
			}
			put[fault.rule]++
			found := false
			for _, finding := range fleet.findings(t) {
				if finding.Rule == fault.rule {
					found = true
					continue
				}
				others++
				t.Errorf("%s in %s: %s is found too: %s: %s", fault.rule, fleet.name, finding.Rule, finding.Position, finding.Message)
			}
			if !found {
				missed++
				t.Errorf("%s is not found in %s", fault.rule, fleet.name)
			}
		}
	}
	sum := 0
	for _, rule := range lint.Rules() {
		sum += put[rule.ID]
		if put[rule.ID] < wanted {
			t.Logf("%s was put into %d fleets", rule.ID, put[rule.ID])
		}
	}
	t.Logf("%d faults of %d rules in %d fleets: %d missed, %d other findings", sum, len(put), len(all), missed, others)
}

// fault is a change that makes a fleet wrong: of a text that some of them have, or a
// file more.
type fault struct {
	rule, before, after string
	// where is a text that the fleet has to have beside it.
	where string
}

const gateLine = `  skip: {labels: ["!build/image-ready"], whenMissing: Freeze}` + "\n"

var faults = []fault{
	{rule: "invalid", before: "kind: ResourceSet\nmetadata: {name: api-pr-envs", after: "kind: ResourceSet\nmetadatum: {name: api-pr-envs"},
	{rule: "invalid", before: "  type: GitHubPullRequest\n", after: "  type: GitHubPullRequests\n"},
	{rule: "unbuildable", before: "path: ./apps/api/preview\n", after: "path: ./apps/api/previw\n", where: "name: infra, namespace: flux-system}\nspec: {interval: 10m, prune: true, path: ./"},
	{rule: "remote", before: "resources: [../base]", after: "resources: [../base, \"https://github.com/acme/shared//base?ref=v1\"]"},
	{rule: "plain-token", before: "LOG_LEVEL: info", after: "LOG_LEVEL: ghp_16C7e42F292c6912E7710c838347Ae178B4a"},
	{rule: "no-gate", before: gateLine, after: ""},
	{rule: "dead-label", before: gateLine, after: "  skip: {labels: [\"!build/image-ready\", build/image-ready], whenMissing: Freeze}\n"},
	{rule: "stale-label", before: gateLine, after: "  skip: {labels: [\"!build/image-ready\"]}\n", where: "newTag: pr-"},
	{rule: "shared-gate", where: "url: https://github.com/acme/api\n  secretRef: {name: forge}\n" + gateLine, after: `apiVersion: fluxcd.controlplane.io/v1
kind: ResourceSetInputProvider
metadata: {name: other-prs, namespace: previews}
spec:
  type: GitHubPullRequest
  url: https://github.com/acme/api
` + gateLine},
	{rule: "open-forks", before: "  type: GitHubPullRequest\n  url: https://github.com/acme/api\n  secretRef: {name: forge}\n  gate:", after: "  type: GitHubPullRequest\n  url: https://github.com/acme/api\n  gate:"},
	{rule: "open-forks", before: "  type: GitHubPullRequest\n  url: https://github.com/acme/api\n  secretRef: {name: forge}\n" + gateLine, after: "  type: GitHubPullRequest\n  url: https://github.com/acme/api\n  gate: {images: [{name: api, repository: registry.example.com/api}]}\n"},
	{rule: "fork-source", before: "  forks: {policy: Approve}\n", after: ""},
	{rule: "early-label", before: "      - run: docker build", after: "      - run: gh pr edit \"$N\" --add-label build/image-ready\n      - run: docker build", where: "--remove-label"},
	{rule: "early-label", before: "label: {stage: label,", after: "label: {stage: clean,"},
	{rule: "early-label", before: "  - stage: label\n", after: "  - stage: label\n    dependsOn: []\n"},
	{rule: "merge-commit", before: "api:sha-${{ github.event.pull_request.head.sha }}", after: "api:sha-${{ github.sha }}"},
	{rule: "merge-commit", before: "        env: {DOCKER_METADATA_PR_HEAD_SHA: \"true\"}\n", after: ""},
	{rule: "merge-commit", before: "${{ github.event.pull_request.head.sha || github.sha }}", after: "${{ github.sha }}"},
	{rule: "no-prune", before: "        prune: true\n", after: "        prune: false\n"},
	{rule: "missing-dependency", before: "dependsOn: [{name: infra, namespace: flux-system}]", after: "dependsOn: [{name: infrastructure, namespace: flux-system}]"},
	{rule: "same-name", before: "kind: Kustomization\n      metadata: {name: api-pr-<< inputs.id >>", after: "kind: Kustomization\n      metadata: {name: api-pr"},
	{rule: "no-namespace", before: "namespace: app-dev\n", after: ""},
	{rule: "no-namespace", before: "kind: Namespace\n      metadata: {name: api-pr-<< inputs.id >>}", after: "kind: Namespace\n      metadata: {name: api-<< inputs.id >>}"},
	{rule: "illegal-name", before: "kind: Kustomization\n      metadata: {name: api-pr-<< inputs.id >>", after: "kind: Kustomization\n      metadata: {name: api-pr-<< inputs.branch | slugify >>"},
	{rule: "moving-source", before: "ref: {commit: << inputs.sha | quote >>}", after: "ref: {branch: << inputs.branch | quote >>}"},
	{rule: "moving-source", before: "ref: {tag: \"sha-<< inputs.sha >>\"}", after: "ref: {tag: \"pr-<< inputs.id >>\"}"},
	{rule: "unquoted-input", before: "title: << inputs.title | quote >>", after: "title: << inputs.title >>"},
	{rule: "free-text", before: "BRANCH: << inputs.branch | slugify >>", after: "BRANCH: << inputs.branch | quote >>"},
	{rule: "shell-text", before: `args: ['echo "$BRANCH"']`, after: `args: ['echo "<< inputs.branch >>"']`},
	{rule: "unset-variable", before: "newTag: pr-${PR_NUMBER}", after: "newTag: pr-${PR_NUMER}"},
	{rule: "disabled-substitution", before: "metadata: {name: api-config}", after: "metadata: {name: api-config, annotations: {kustomize.toolkit.fluxcd.io/substitute: disabled}}", where: "nameSuffix"},
	{rule: "lost-quotes", before: `{sha: "sha-${COMMIT_SHA}"}`, after: `{sha: "${COMMIT_SHA}"}`},
	{rule: "no-rollout", before: `annotations: {sha: "sha-${COMMIT_SHA}"}`, after: "annotations: {kind: preview}", where: "newTag: pr-"},
	{rule: "immutable-field", before: `pr-env: "pr-${PR_NUMBER}"}`, after: `pr-env: "pr-${PR_NUMBER}", commit: "sha-${COMMIT_SHA}"}`, where: "newTag: pr-${PR_NUMBER}\n"},
	{rule: "pull-policy", before: "imagePullPolicy: Always", after: "imagePullPolicy: IfNotPresent"},
	{rule: "fixed-replicas", before: "spec: # scaled\n", after: "spec:\n  replicas: 2\n", where: "kind: HorizontalPodAutoscaler"},
	{rule: "expiring-job", before: "  backoffLimit: 1\n", after: "  backoffLimit: 1\n  ttlSecondsAfterFinished: 60\n"},
	{rule: "cluster-scoped", before: "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: api-config}", after: "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: api}\nrules: []\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: api-config}"},
	{rule: "stripped-account", before: "patches: # of a preview\n", after: "patches:\n  - target: {kind: ServiceAccount}\n    patch: |\n      $patch: delete\n      apiVersion: v1\n      kind: ServiceAccount\n      metadata: {name: unused}\n", where: "serviceAccountName: api"},
	{rule: "missing-account", before: "        serviceAccountName: previews\n", after: "        serviceAccountName: preview\n"},
	{rule: "long-name", before: "nameSuffix: -${PR_NUMBER}", after: "nameSuffix: -preview-environment-of-the-pull-request-with-the-number-${PR_NUMBER}", where: "resources: [../../base]"},
	{rule: "long-name", before: "kind: Kustomization\n      metadata: {name: api-pr-<<", after: "kind: Kustomization\n      metadata: {name: api-preview-environment-of-the-pull-request-with-the-number-pr-<<"},
	{rule: "unsuffixed-reference", before: `value: "http://api-${PR_NUMBER}:80"`, after: `value: "http://api:80"`},
	{rule: "sealed-name", before: "  annotations:\n    sealedsecrets.bitnami.com/namespace-wide: \"true\"\n", after: ""},
	{rule: "shared-selector", before: "    includeSelectors: true\n", after: "    includeSelectors: false\n", where: "resources: [../base]"},
	{rule: "dead-selector", before: "spec: {selector: {app: api}", after: "spec: {selector: {app: apy}"},
	{rule: "spoiled-selector", before: "podSelector: {matchExpressions: [{key: app, operator: In, values: [nginx]}]}", after: "podSelector: {matchLabels: {app: nginx}}"},
	{rule: "shared-host", before: "value: api-${PR_NUMBER}.preview.example.com", after: "value: api.preview.example.com"},
	{rule: "shared-host", before: "- host: api-${PR_NUMBER}.preview.example.com", after: "- host: api.preview.example.com"},
	{rule: "no-url", before: "    - host: api-${PR_NUMBER}.preview.example.com\n      http:", after: "    - http:"},
}

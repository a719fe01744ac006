package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	kustomizev1 "github.com/fluxcd/kustomize-controller/api/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/source"
)

func TestEveryObjectIsAdmitted(t *testing.T) {
	for _, forge := range forges {
		for _, file := range []string{"provider.yaml", "resourceset.yaml", "secret.example.yaml"} {
			t.Run(forge.folder+"/"+file, func(t *testing.T) {
				admitted(t, object(t, read(t, forge.folder, file)))
			})
		}
	}
	for _, folder := range []string{"fleet/clusters/base", "fleet/clusters/eks/infrastructure"} {
		for path, manifest := range manifests(t, folder) {
			t.Run(path, func(t *testing.T) { admitted(t, manifest) })
		}
	}
}

func TestEachForgeHasTheSeedsTwoObjects(t *testing.T) {
	types := map[string]string{
		"azure-devops": v1.InputProviderAzureDevOpsPullRequest, "github": v1.InputProviderGitHubPullRequest,
		"gitlab": v1.InputProviderGitLabMergeRequest, "gitea": v1.InputProviderGiteaPullRequest,
		"bitbucket": v1.InputProviderBitbucketPullRequest,
	}
	for _, forge := range forges {
		t.Run(forge.folder, func(t *testing.T) {
			provider := decode[v1.ResourceSetInputProvider](t, read(t, forge.folder, "provider.yaml"))
			if provider.Spec.Type != types[forge.folder] {
				t.Errorf("the type is %s", provider.Spec.Type)
			}
			if provider.GetInterval().Minutes() != 5 {
				t.Errorf("the interval is %s, not 5m", provider.GetInterval())
			}
			auth := decode[corev1.Secret](t, read(t, forge.folder, "secret.example.yaml"))
			if provider.Spec.SecretRef.Name != auth.Name || provider.Namespace != auth.Namespace {
				t.Errorf("the provider asks for the secret %s, and there is %s", provider.Spec.SecretRef.Name, auth.Name)
			}
		})
	}
}

// "You can swap an Azure DevOps source for a GitHub one without touching what
// gets deployed."
func TestWhatIsDeployedDoesNotDependOnTheForge(t *testing.T) {
	first := read(t, forges[0].folder, "resourceset.yaml")
	for _, forge := range forges[1:] {
		if read(t, forge.folder, "resourceset.yaml") != first {
			t.Errorf("%s/resourceset.yaml differs from that of %s", forge.folder, forges[0].folder)
		}
	}
}

func TestNoSecretIsInTheExamples(t *testing.T) {
	for _, forge := range forges {
		auth := decode[corev1.Secret](t, read(t, forge.folder, "secret.example.yaml"))
		if got := auth.StringData["password"]; got != "TO-CHANGE" {
			t.Errorf("%s: the password is %q", forge.folder, got)
		}
		if text := read(t, forge.folder, "secret.example.yaml"); !strings.Contains(text, "SOPS") {
			t.Errorf("%s: the secret does not say how to seal it", forge.folder)
		}
	}
}

// "Set the label as the last CI step."
func TestCISetsTheLabelLast(t *testing.T) {
	for _, forge := range forges {
		t.Run(forge.folder, func(t *testing.T) {
			text := read(t, forge.folder, forge.ci)
			if err := yaml.Unmarshal([]byte(text), &map[string]any{}); err != nil {
				t.Fatal(err)
			}
			push := strings.Index(text, "docker push")
			label := strings.LastIndex(text, "build/image-ready")
			if isLabelled(t, forge) && (push < 0 || label < push) {
				t.Errorf("the image is pushed at byte %d, and the label set at %d", push, label)
			}
			if !strings.Contains(text, "registry.example.com/api:pr-") {
				t.Error("the image is not that of the overlay")
			}
		})
	}
}

// isLabelled tells whether the watcher waits for a label. Where a forge has none,
// the image is pushed under its commit too, so that pods can wait for it.
func isLabelled(t *testing.T, forge forge) bool {
	t.Helper()
	kind, err := source.TypeOf(decode[v1.ResourceSetInputProvider](t, read(t, forge.folder, "provider.yaml")).Spec.Type)
	if err != nil {
		t.Fatal(err)
	}
	gated := strings.Contains(read(t, forge.folder, "provider.yaml"), `"!build/image-ready"`)
	if gated != kind.Tells.Labels {
		t.Errorf("the watcher waits for the label: %t; the forge has labels: %t", gated, kind.Tells.Labels)
	}
	if !gated && !strings.Contains(read(t, forge.folder, forge.ci), `docker push "$IMAGE-$BITBUCKET_COMMIT"`) {
		t.Error("the image is not pushed under its commit")
	}
	return gated
}

// A Data Center has no pipelines, so what builds there gets a script.
func TestTheScriptForADataCenterPushesTheImageOfTheCommit(t *testing.T) {
	run := func(arguments string) (string, error) {
		told, err := exec.CommandContext(t.Context(), "sh", "-c", `docker() { echo "$@"; }; git() { echo `+sha+`; }; set -- `+arguments+`; . ./bitbucket/preview.sh`).CombinedOutput()
		return string(told), err
	}
	const image = "registry.example.com/api:pr-1234"
	told, err := run("1234")
	if err != nil {
		t.Error(err)
	}
	equal(t, told, "build -t "+image+" -t "+image+"-"+sha+" .\npush "+image+"-"+sha+"\npush "+image+"\n")
	if told, err := run(""); err == nil || !strings.Contains(told, "give the number") {
		t.Errorf("without a number: %v: %s", err, told)
	}
}

// The overlay has no values of its own, so Flux must not take it in when it
// deploys the cluster's folder.
func TestTheTemplateIsNotDeployedByItself(t *testing.T) {
	built, err := overlay.Build(t.Context(), "fleet", "clusters/eks", kustomizev1.Kustomization{})
	if err != nil {
		t.Fatal(err)
	}
	if got := built.Objects; len(got) != 1 || got[0].GetName() != "app-common-dev" {
		t.Errorf("deployed are %v", got)
	}
}

func TestWhatPreviewsShareIsBuilt(t *testing.T) {
	shared := decode[kustomizev1.Kustomization](t, read(t, "fleet/clusters/eks/app-common-dev.yaml"))
	built, err := overlay.Build(t.Context(), "fleet", shared.Spec.Path, *shared)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range built.Objects {
		got = append(got, o.GetKind()+" "+o.GetName())
	}
	want := "Namespace app-dev, ClusterRole api-preview, ClusterRoleBinding api-preview"
	if strings.Join(got, ", ") != want {
		t.Errorf("shared are %v, want %s", got, want)
	}
}

// The seed writes commonLabels, which kustomize has deprecated in favour of
// labels with includeSelectors. Both must build the same.
func TestTheSeedsCommonLabelsBuildTheSame(t *testing.T) {
	const ours = "labels:\n  - pairs:\n      pr-env: \"pr-${PR_NUMBER}\"\n    includeSelectors: true\n"
	const seeds = "commonLabels:\n  pr-env: \"pr-${PR_NUMBER}\"\n"
	fleet := changedFleet(t, template+"/kustomization.yaml", ours, seeds)
	if got, want := built(t, fleet), built(t, "fleet"); got != want {
		t.Errorf("with commonLabels\n%s\nwith labels\n%s", got, want)
	}
}

// Why the quotes are there: the seed's line is not valid YAML.
func TestAVariableInAFlowSequenceNeedsQuotes(t *testing.T) {
	fleet := changedFleet(t, template+"/pr-ingress-patch.yaml",
		`["api-${PR_NUMBER}.preview.example.com"]`, `[api-${PR_NUMBER}.preview.example.com]`)
	_, err := overlay.Build(t.Context(), fleet, template, substituted())
	if err == nil || !strings.Contains(err.Error(), "pr-ingress-patch.yaml") {
		t.Errorf("the error is %v, want one that names the file", err)
	}
}

func substituted() kustomizev1.Kustomization {
	return kustomizev1.Kustomization{Spec: kustomizev1.KustomizationSpec{PostBuild: &kustomizev1.PostBuild{
		Substitute: map[string]string{"PR_NUMBER": "1234", "COMMIT_SHA": sha, "QUOTE": `"`},
	}}}
}

func built(t *testing.T, fleet string) string {
	t.Helper()
	objects, err := overlay.Build(t.Context(), fleet, template, substituted())
	if err != nil {
		t.Fatal(err)
	}
	text, err := yaml.Marshal(objects)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// changedFleet copies the fleet with a change in one file.
func changedFleet(t *testing.T, path, from, to string) string {
	t.Helper()
	root := t.TempDir()
	if err := os.CopyFS(root, os.DirFS("fleet")); err != nil {
		t.Fatal(err)
	}
	text := read(t, root, path)
	if !strings.Contains(text, from) {
		t.Fatalf("%s has no %q", path, from)
	}
	if err := os.WriteFile(filepath.Join(root, path), []byte(strings.ReplaceAll(text, from, to)), 0o600); err != nil {
		t.Fatal(err)
	}
	return root
}

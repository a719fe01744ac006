package scaffold

import (
	"fmt"
	"regexp"
	"strings"
)

// What a request waits for.
const (
	// GateLabel is a label, which CI sets when the image is there.
	GateLabel = "label"
	// GateImage is the image of its very commit.
	GateImage = "image"
)

const (
	// skipText is the gate by label of the examples.
	skipText = `  skip:
    labels:
      - "!build/image-ready" # not an input until CI has pushed the image
    whenMissing: Freeze # while CI builds the next push, the preview stays as it is
`
	// gateText is that by image.
	gateText = `  gate: # not an input until the image of its very commit is there
    images:
      - name: app
        repository: %s
        tag: %s
        revision: %s
        # secretRef: {name: registry-pull} # of type kubernetes.io/dockerconfigjson, where one has to log in to pull
`
	// pinText has what was proved deployed.
	pinText = `        images: # what was proved of the commit is what runs, whatever becomes of the tag
          - name: %s
            newName: << inputs.images.app.repository >>
            digest: << inputs.images.app.digest >>
`
)

// provesImage reports whether the service's requests wait for the image of their commit.
func (a Answers) provesImage() bool { return a.Gate == GateImage && a.Label == "" }

func (a Answers) checkGate() error {
	switch {
	case a.Gate != "" && a.Gate != GateLabel && a.Gate != GateImage:
		return fmt.Errorf("%q is neither %s nor %s", a.Gate, GateImage, GateLabel)
	case a.Gate == GateImage && a.Label != "":
		return fmt.Errorf("%s needs no label: leave --label out, or give --gate %s", GateImage, GateLabel)
	}
	return nil
}

// gateByImage are the changes of an example's provider whose requests wait for the image:
// by its label where its tag stays, or by its tag where that holds the commit.
func (d *derivation) gateByImage() []change {
	if d.forge.hasLabels() {
		return []change{{skipText, fmt.Sprintf(gateText, d.answers.Image, "pr-<< inputs.id >>", "Label # which CI puts on the image, with the commit")}}
	}
	return []change{
		{"Bitbucket has no labels on them, so\n# each is an input at once, and its pods wait for the image.", "Each is an\n# input once the image of its very commit is there."},
		{"-auth\n", "-auth\n" + fmt.Sprintf(gateText, d.answers.Image, "pr-<< inputs.id >>-<< inputs.sha >>", "Tag # which has the commit")},
	}
}

// pinned deploys what was proved.
func (d *derivation) pinned() []change {
	if !d.answers.provesImage() {
		return nil
	}
	const path = "        path: ./clusters/eks/apps/api/pr-template\n"
	return []change{{path, path + fmt.Sprintf(pinText, d.answers.Image)}}
}

// labelling is what the CI files of the examples do and say about the label.
var labelling = []struct {
	of *regexp.Regexp
	to string
}{
	{regexp.MustCompile(`(?s)uilds the image of a (pull|merge) request, then says.*?this\s+#?\s*one through\.|(?s)uilds the image of a (pull|merge) request, then says.*?let this one through\.`),
		"uilds the image of a ${1}${2} request, and writes on it\n# of which commit it is: for that the preview waits."},
	{regexp.MustCompile(`(?m)^  pull-requests: write # to set the label\n`), ""},
	{regexp.MustCompile(`may not write labels or push images`), "may not push images"},
	{regexp.MustCompile(`(?m)^ +- name: (?:Remove|Set) the label [^\n]*\n(?:        [^\n]*\n)*`), ""}, // GitHub and Gitea
	{regexp.MustCompile(`(?m)^    - apk add --no-cache curl\n|^    # LABEL_TOKEN is [^\n]*\n    # api\. [^\n]*\n`), ""},
	{regexp.MustCompile(`(?m)^    - >-\n      curl [^\n]*LABEL_TOKEN[^\n]*\n(?:      [^\n]*\n)+`), ""}, // GitLab
	{regexp.MustCompile(`(?m)^      - script: >-\n(?:          [^\n]*\n)+        displayName: (?:Remove|Set) the label [^\n]*\n(?:        condition: [^\n]*\n)?        env:\n          TOKEN: [^\n]*\n`), ""},
	{regexp.MustCompile(`(?m)^variables:\n  labels: [^\n]*\n`), ""}, // Azure DevOps
	{regexp.MustCompile(` The build service needs the\n# permission "Contribute to pull requests" on the repository, for the label\.`), ""},
}

// unlabelled is a part of a CI file without what it does about the label.
func unlabelled(text string) string {
	for _, one := range labelling {
		text = one.of.ReplaceAllString(text, one.to)
	}
	return text
}

// proving has the image say of which commit it is, and sets no label.
func (p pipeline) proving(text string) string {
	if p.commit == "" { // its tag says so
		return text
	}
	return unlabelled(strings.ReplaceAll(text, "docker build ", `docker build --label "org.opencontainers.image.revision=`+p.commit+`" `))
}

package scaffold

import (
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/eddy-previews/eddy/examples"
)

// job is what CI does for one service of a repository.
type job struct {
	service, image, label string
	// proves says that the image is to say of which commit it is, in place of a label.
	proves bool
	// folder that the image is built from, and the Dockerfile where that is not in it;
	// globs of which a request has to touch one, none for any request.
	folder, dockerfile string
	globs              []string
}

// pipeline is how the CI file of a forge is put together: what stands in the
// example before the first job stands once, and the job once for each service.
type pipeline struct {
	// file is where it stands, in the example and in the repository of the service.
	file string
	// job begins that of the example, and named that of one of several services.
	job   string
	named func(service string) string
	// several goes before the first of several jobs, which are indented below it.
	several, indent string
	// commit is the head of the request, as a script writes it; "" where the tag of the
	// image has it.
	commit string
	// touched makes a job wait for a request that touches its globs.
	touched func(job) []change
	// move says, of the folder that the file is in, what a person does with it.
	move string
}

// defaultLabel is the one that CI sets in the examples.
const defaultLabel = "build/image-ready"

// text puts the CI file together.
func (p pipeline) text(example string, jobs []job) (string, error) {
	head, body, found := strings.Cut(example, p.job)
	if !found {
		return "", fmt.Errorf("the CI file %s of the examples has no %q", p.file, p.job)
	}
	body = p.job + body
	out := head
	if !slices.ContainsFunc(jobs, func(j job) bool { return !j.proves }) && p.commit != "" {
		out = unlabelled(head)
	}
	if len(jobs) > 1 {
		out += p.several
	}
	for _, job := range jobs {
		text, err := p.one(body, job)
		if err != nil {
			return "", err
		}
		if len(jobs) > 1 {
			text = strings.Replace(text, p.job, p.named(job.service), 1)
			text = strings.ReplaceAll(text, "resource_group: preview-", "resource_group: preview-"+job.service+"-")
			text = indented(text, p.indent)
		}
		out += text
	}
	return out, nil
}

// builds is where docker is told what to build.
var builds = regexp.MustCompile(`(docker build [^\n]*?) ([\w./-]+)( &&|\n)`)

// dockerfiles is where docker is told of the Dockerfile.
var dockerfiles = regexp.MustCompile(` -f ([\w./-]+)`)

// one is the job of one service.
func (p pipeline) one(text string, job job) (string, error) {
	changes := []change{{"registry.example.com/api", job.image}}
	if len(job.globs) > 0 {
		changes = append(p.touched(job), changes...)
	}
	for _, c := range changes {
		if !strings.Contains(text, c.from) {
			return "", fmt.Errorf("the CI file %s of the examples has no %q", p.file, c.from)
		}
		text = strings.ReplaceAll(text, c.from, c.to)
	}
	text = builds.ReplaceAllString(text, "${1} "+job.context()+"${3}")
	if job.proves {
		text = p.proving(text)
	}
	return strings.NewReplacer(
		"registry.example.com", registryOf(job.image), " # TO CHANGE\n", "\n",
		defaultLabel, job.label, url.PathEscape(defaultLabel), url.PathEscape(job.label),
	).Replace(text), nil
}

// context is what docker builds from, and by which file.
func (j job) context() string {
	if j.dockerfile == "" {
		return j.folder
	}
	return "-f " + path.Clean(j.dockerfile) + " " + j.folder
}

// indented moves each line to the right.
func indented(text, by string) string {
	if by == "" {
		return text
	}
	return by + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+by) + "\n"
}

// ci derives the CI file, for this service and for the others that are watched in
// the same repository: a repository has one.
func (d *derivation) ci() {
	p := d.forge.pipeline
	example, err := fs.ReadFile(examples.Files, path.Join(d.forge.examples, p.file))
	if err != nil {
		d.fail(err)
		return
	}
	text, err := p.text(string(example), d.jobs())
	if err != nil {
		d.fail(err)
	}
	d.files = append(d.files, File{Path: path.Join(d.previews(), p.file), Text: text})
}

// pathspecs are globs as git takes them, which knows no {a,b}.
func pathspecs(globs []string) string {
	var out []string
	for _, glob := range alternatives(globs) {
		out = append(out, "':(glob)"+glob+"'")
	}
	return strings.Join(out, " ")
}

// alternatives writes globs without {a,b}, as several.
func alternatives(globs []string) []string {
	var out []string
	for _, glob := range globs {
		end := strings.IndexByte(glob, '}')
		start := strings.LastIndexByte(glob[:max(end, 0)], '{')
		if start < 0 {
			out = append(out, glob)
			continue
		}
		var each []string
		for _, one := range strings.Split(glob[start+1:end], ",") {
			each = append(each, glob[:start]+one+glob[end+1:])
		}
		out = append(out, alternatives(each)...)
	}
	return out
}

// touchedInActions lets the workflow compare the request with its target. A filter of
// the workflow itself would be one for all its jobs, and a check that is required
// would never come.
func touchedInActions(j job) []change {
	const only = "        if: env.TOUCHED == 'true'\n"
	const checkout = "          ref: ${{ github.event.pull_request.head.sha }}\n"
	return []change{
		{checkout, checkout + "          fetch-depth: 0 # for what the request changes\n" +
			"      - name: Does it touch " + j.service + "?\n        run: |\n" +
			"          git diff --quiet --no-renames \"origin/$GITHUB_BASE_REF...HEAD\" -- " + pathspecs(j.globs) + " ||\n" +
			"            echo TOUCHED=true >> \"$GITHUB_ENV\"\n"},
		{"      - uses: docker/login-action@v3\n", "      - uses: docker/login-action@v3\n" + only},
		{"      - run: docker build", "      - if: env.TOUCHED == 'true'\n        run: docker build"},
		{"      - name: Set the label " + defaultLabel + "\n", "      - name: Set the label " + defaultLabel + "\n" + only},
	}
}

// touchedInAzure compares the merge of the request, which is what is checked out, with
// its target. The path filter of a branch policy is not in the file.
func touchedInAzure(j job) []change {
	const only = "        condition: and(succeeded(), eq(variables.touched, 'true'))\n"
	const checkout = "      - checkout: self\n"
	after := func(line string) change { return change{line, line + only} }
	return []change{
		{checkout, checkout + "        fetchDepth: 0\n      - script: |\n" +
			"          git diff --quiet --no-renames HEAD^1 HEAD -- " + pathspecs(j.globs) + " ||\n" +
			"            echo \"##vso[task.setvariable variable=touched]true\"\n" +
			"        displayName: Does it touch " + j.service + "?\n"},
		after("        displayName: Log in to the registry\n"),
		after("        displayName: Build and push the image\n"),
		after("        displayName: Set the label " + defaultLabel + "\n"),
	}
}

// touchedInGitLab are its rules, in whose globs ** has to stand before a slash.
func touchedInGitLab(j job) []change {
	const rule = "$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID\n"
	out := rule + "      changes:\n"
	for _, glob := range alternatives(j.globs) {
		if glob == "**" || strings.HasSuffix(glob, "/**") {
			glob += "/*"
		}
		out += fmt.Sprintf("        - %q\n", glob)
	}
	return []change{{rule, out}}
}

func touchedInBitbucket(j job) []change {
	const name = "          name: Build and push the image\n"
	out := name + "          condition:\n            changesets:\n              includePaths:\n"
	for _, glob := range alternatives(j.globs) {
		out += fmt.Sprintf("                - %q\n", glob)
	}
	return []change{{name, out}}
}

// touchedInScript takes the branch that the request goes to as a second argument.
func touchedInScript(j job) []change {
	const build, push = "docker build ", "docker push \"$IMAGE-$COMMIT\" && docker push \"$IMAGE\"\n"
	return []change{
		{build, "if ! git diff --quiet --no-renames \"${2:?give the branch that the pull request goes to, such as origin/main}...HEAD\" -- " + pathspecs(j.globs) + "; then\n  " + build},
		{push, "  " + push + "fi\n"},
	}
}

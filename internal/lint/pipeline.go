package lint

import (
	"regexp"
	"slices"
	"strings"

	yamlv3 "go.yaml.in/yaml/v3"

	"github.com/eddy-previews/eddy/internal/manifest"
)

// pipeline is a CI file: jobs that run side by side, but for those that wait for others.
type pipeline []ciJob

// ciJob is what runs one after the other.
type ciJob struct {
	id    string
	after []string
	steps []ciStep
}

// ciStep is a command, or what stands for one.
type ciStep struct {
	text string
	node *yamlv3.Node
	// silent says that it is told not to push.
	silent bool
}

// place is a step in a pipeline.
type place struct{ job, step int }

// pipelineOf reads the CI file of GitHub Actions, and of Gitea's and Forgejo's, of GitLab
// CI, of Azure Pipelines, of Woodpecker and of Drone.
func pipelineOf(script *manifest.Document) pipeline {
	_, jobs := manifest.Pair(script.Root, "jobs")
	_, stages := manifest.Pair(script.Root, "stages")
	switch {
	case jobs != nil && jobs.Kind == yamlv3.MappingNode:
		return githubJobs(jobs)
	case stages != nil && len(stages.Content) > 0 && stages.Content[0].Kind == yamlv3.MappingNode:
		return azureStages(stages)
	case jobs != nil:
		return azureJobs(jobs, "", nil)
	}
	for _, key := range []string{"steps", "pipeline"} {
		if _, steps := manifest.Pair(script.Root, key); steps != nil {
			return listedSteps(steps)
		}
	}
	return gitlabJobs(script.Root, stages)
}

func githubJobs(jobs *yamlv3.Node) pipeline {
	var out pipeline
	for id, job := range pairs(jobs) {
		out = append(out, ciJob{id, words(job, "needs"), stepsIn(job)})
	}
	return out
}

// azureStages are one after the other, unless they say what they wait for; the jobs of
// one are side by side.
func azureStages(stages *yamlv3.Node) pipeline {
	var out pipeline
	var before []string
	for _, stage := range stages.Content {
		name := "stage " + word(stage, "stage")
		after := before
		if _, own := manifest.Pair(stage, "dependsOn"); own != nil {
			after = nil
			for _, other := range words(stage, "dependsOn") {
				after = append(after, "stage "+other)
			}
		}
		_, jobs := manifest.Pair(stage, "jobs")
		inner := azureJobs(jobs, name+"/", after)
		end := ciJob{id: name, after: after}
		for _, job := range inner {
			end.after = append(end.after, job.id)
		}
		out = append(append(out, inner...), end)
		before = []string{name}
	}
	return out
}

func azureJobs(jobs *yamlv3.Node, prefix string, after []string) pipeline {
	var out pipeline
	for _, job := range items(jobs) {
		own := slices.Clone(after)
		for _, other := range words(job, "dependsOn") {
			own = append(own, prefix+other)
		}
		out = append(out, ciJob{prefix + word(job, "job") + word(job, "deployment"), own, stepsIn(job)})
	}
	return out
}

// listedSteps are one after the other, unless one of them says what it waits for.
func listedSteps(steps *yamlv3.Node) pipeline {
	var out pipeline
	waits := false
	add := func(name string, step *yamlv3.Node) {
		after := words(step, "depends_on")
		waits = waits || len(after) > 0
		out = append(out, ciJob{name, after, stepsIn(step)})
	}
	for _, step := range items(steps) {
		add(word(step, "name"), step)
	}
	for name, step := range pairs(steps) {
		add(name, step)
	}
	if waits {
		return out
	}
	for i := 1; i < len(out); i++ {
		out[i].id, out[i].after = out[i].id+"#", []string{out[i-1].id}
	}
	return out
}

// gitlabJobs are in stages that are one after the other; a job that says what it needs
// waits for that alone.
func gitlabJobs(root, stages *yamlv3.Node) pipeline {
	order := []string{"build", "test", "deploy"}
	if stages != nil {
		order = nil
		for _, stage := range stages.Content {
			order = append(order, stage.Value)
		}
	}
	order = append([]string{".pre"}, append(order, ".post")...)
	in := map[string]int{}
	var out pipeline
	for id, job := range pairs(root) {
		if _, script := manifest.Pair(job, "script"); script == nil {
			continue
		}
		stage := word(job, "stage")
		if stage == "" {
			stage = "test"
		}
		in[id] = slices.Index(order, stage)
		out = append(out, ciJob{id, words(job, "needs"), stepsIn(job)})
	}
	for i := range out {
		_, job := manifest.Pair(root, out[i].id)
		if _, needs := manifest.Pair(job, "needs"); needs != nil {
			continue
		}
		for id, stage := range in {
			if stage < in[out[i].id] {
				out[i].after = append(out[i].after, id)
			}
		}
	}
	return out
}

// stepsIn lists what a job does: each line of a script is a step, so that what one script
// does is in its order.
func stepsIn(node *yamlv3.Node) []ciStep {
	var out []ciStep
	for key, value := range pairs(node) {
		switch {
		case value.Kind == yamlv3.ScalarNode && slices.Contains([]string{"run", "script", "bash", "pwsh", "powershell", "commands", "inlineScript"}, key):
			out = append(out, linesOf(value)...)
		case slices.Contains([]string{"before_script", "script", "commands", "after_script"}, key):
			for _, item := range value.Content {
				out = append(out, linesOf(item)...)
			}
		case key == "steps" || value.Kind == yamlv3.MappingNode && slices.Contains([]string{"strategy", "runOnce", "deploy", "with", "inputs"}, key):
			for _, item := range value.Content {
				out = append(out, stepsIn(item)...)
			}
			if value.Kind == yamlv3.MappingNode {
				out = append(out, stepsIn(value)...)
			}
		}
	}
	for _, key := range []string{"uses", "task", "image"} {
		if named := word(node, key); named != "" {
			out = append(out, wholeStep(node))
			break
		}
	}
	return out
}

// wholeStep is a step that is no script: an action, a task, a plugin.
func wholeStep(node *yamlv3.Node) ciStep {
	step := ciStep{node: node}
	var texts []string
	scalars(node, nil, func(path []string, scalar *yamlv3.Node) {
		last := path[len(path)-1]
		step.silent = step.silent || last == "push" && scalar.Value == "false" || last == "command" && scalar.Value == "login"
		if !slices.Contains([]string{"run", "script", "commands", "if", "name"}, last) {
			texts = append(texts, last+": "+scalar.Value)
		}
	})
	step.text = strings.Join(texts, " ")
	return step
}

// linesOf are the commands of a script; one that goes on in the next line is one.
func linesOf(node *yamlv3.Node) []ciStep {
	var out []ciStep
	text := strings.ReplaceAll(node.Value, "\\\n", " ")
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			out = append(out, ciStep{text: line, node: node})
		}
	}
	return out
}

// isBefore reports whether a step is over when another begins, for certain.
func (p pipeline) isBefore(a, b place) bool {
	if a.job == b.job {
		return a.step < b.step
	}
	return p.waitsFor(b.job, p[a.job].id, map[int]bool{})
}

func (p pipeline) waitsFor(job int, id string, seen map[int]bool) bool {
	if seen[job] {
		return false
	}
	seen[job] = true
	for _, other := range p[job].after {
		if other == id {
			return true
		}
		for i := range p {
			if p[i].id == other && p.waitsFor(i, id, seen) {
				return true
			}
		}
	}
	return false
}

// places lists the steps of which something is so.
func (p pipeline) places(is func(ciStep) bool) []place {
	var out []place
	for i, job := range p {
		for k, step := range job.steps {
			if is(step) {
				out = append(out, place{i, k})
			}
		}
	}
	return out
}

// pushing is how a step pushes an image.
var pushing = regexp.MustCompile(`(?i)\b(docker|podman|buildah|nerdctl|img|crane|oras)(\s+\S+)*?\s+push\b|--push\b|docker/(build-push|bake)-action|depot/build-push-action|` +
	`kaniko|\bcrane (copy|cp)\b|\bskopeo copy\b|\bko (build|publish|apply|resolve)\b|\bjib\b|\bpack build\b.*--publish|\bdepot build\b|\bbazel run\b.*push|` +
	`\baz acr build\b|\bgcloud builds submit\b|\b(make|task|just|mage|npm run|yarn)\s+[\w:.-]*(push|publish|image)|\bDocker@\d|plugin-docker-buildx|plugins/(docker|ecr|gcr|kaniko)|regctl image copy|build-image\b`)

func (s ciStep) pushes() bool { return !s.silent && pushing.MatchString(s.text) }

// pairs are the keys and values of a mapping, in their order; none of what is none.
func pairs(node *yamlv3.Node) func(func(string, *yamlv3.Node) bool) {
	return func(yield func(string, *yamlv3.Node) bool) {
		if node == nil || node.Kind != yamlv3.MappingNode {
			return
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if !yield(node.Content[i].Value, node.Content[i+1]) {
				return
			}
		}
	}
}

// word is a value of a mapping that is a text, "" for none.
func word(node *yamlv3.Node, key string) string {
	if _, value := manifest.Pair(node, key); value != nil && value.Kind == yamlv3.ScalarNode {
		return value.Value
	}
	return ""
}

// words are a text, or a list of them, or of mappings with the name of a job.
func words(node *yamlv3.Node, key string) []string {
	_, value := manifest.Pair(node, key)
	if value == nil {
		return nil
	}
	if value.Kind == yamlv3.ScalarNode {
		return []string{value.Value}
	}
	var out []string
	for _, item := range value.Content {
		if item.Kind == yamlv3.MappingNode {
			out = append(out, word(item, "job"))
			continue
		}
		out = append(out, item.Value)
	}
	return out
}

package scaffold

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Question is asked for one answer.
type Question struct {
	// Flag that gives it, Text that asks for it.
	Flag, Text string
	// Answer is where it stands.
	Answer *string
	// Optional says that there is something to do without an answer.
	Optional bool

	// check says why the answer is wrong as it stands, look why it does not fit
	// what is in the fleet; nil where there is nothing to look for.
	check func() error
	look  func(context.Context) error
	// guess finds answers in the fleet, and wanted whether there is a reason to ask;
	// nil where there always is.
	guess  func(context.Context) []string
	wanted func(context.Context) bool
}

// IsOpen reports whether there is a reason to ask.
func (q Question) IsOpen(ctx context.Context) bool {
	return *q.Answer == "" && (q.wanted == nil || q.wanted(ctx))
}

// Check says why an answer is wrong.
func (q Question) Check(ctx context.Context) error {
	if q.Optional && *q.Answer == "" {
		return nil
	}
	err := q.check()
	if err == nil && q.look != nil {
		err = q.look(ctx)
	}
	return err
}

// maxFound is how many answers are shown.
const maxFound = 10

// Found are answers that the fleet suggests, each of which is right as it stands; the
// first is the best.
func (q Question) Found(ctx context.Context) []string {
	before, out := *q.Answer, []string{}
	defer func() { *q.Answer = before }()
	for _, answer := range q.guess(ctx) {
		*q.Answer = answer
		if answer != "" && q.check() == nil && !slices.Contains(out, answer) {
			out = append(out, answer)
		}
	}
	return out[:min(len(out), maxFound)]
}

// questions are those whose answers a set-up needs. Each is checked by what was
// answered before.
func (a *Answers) questions(g guesses) []Question {
	named := func(answer *string) func() error { return func() error { return checkName(*answer) } }
	below := func(answer *string) func() error { return func() error { return checkFolder(*answer) } }
	return []Question{
		{Flag: "forge", Text: "Forge (" + strings.Join(Forges(), ", ") + ")", Answer: &a.Forge, check: a.checkForge, guess: g.forges},
		{Flag: "url", Text: "URL of the repository whose pull requests are watched", Answer: &a.URL, check: a.checkURL, guess: g.urls},
		{Flag: "service", Text: "Name of the service", Answer: &a.Service, check: named(&a.Service), guess: g.services},
		{Flag: "base", Text: "Folder of its manifests in the fleet repository", Answer: &a.Base, check: below(&a.Base), look: g.lookAtBase, guess: g.bases},
		{Flag: "flux-path", Text: "Folder that Flux deploys, such as clusters/production", Answer: &a.FluxPath, check: below(&a.FluxPath), guess: g.fluxPaths},
		{Flag: "image", Text: "Image that CI builds, without a tag", Answer: &a.Image, check: a.checkImage, look: g.lookForImage, guess: g.images},
		{Flag: "domain", Text: "Domain of the previews, such as preview.example.com", Answer: &a.Domain, check: a.checkDomain, guess: g.domains},
		{Flag: "namespace", Text: "Namespace of the previews", Answer: &a.Namespace, Optional: true, check: named(&a.Namespace), guess: g.namespaces},
	}
}

// Missing are the flags of the answers that are needed and not given.
func (a *Answers) Missing() []string {
	var out []string
	for _, question := range a.questions(guesses{}) {
		if *question.Answer == "" && !question.Optional {
			out = append(out, "--"+question.Flag)
		}
	}
	return out
}

// Interview asks a person for what is not given.
type Interview struct {
	answers *Answers
	guesses guesses
	// paths, ingress and feedback are their answers as they are typed.
	paths, ingress, feedback string
}

// NewInterview looks through the fleet for what can be suggested.
func NewInterview(answers *Answers) *Interview {
	return &Interview{answers: answers, guesses: guesses{found: find(answers.Root), answers: answers, read: &reading{}}}
}

// Questions are to be asked in this order.
func (i *Interview) Questions() []Question {
	return append(i.answers.questions(i.guesses),
		Question{
			Flag: "paths", Text: "Globs of files, of which a pull request has to touch one; none for any", Answer: &i.paths, Optional: true,
			check: i.checkPaths, guess: i.guesses.paths,
			wanted: func(context.Context) bool { return len(i.answers.Paths) == 0 && i.guesses.isShared() },
		},
		Question{
			Flag: "ingress", Text: "Nothing leads to the service from outside: write an Ingress for each preview (yes, no)", Answer: &i.ingress, Optional: true,
			check: yesOrNo(&i.ingress), guess: func(context.Context) []string { return []string{"yes"} },
			wanted: func(ctx context.Context) bool { return !i.answers.Ingress && i.guesses.isUnrouted(ctx) },
		},
		Question{
			Flag: "feedback", Text: "Tell each pull request by a comment and a status, with another token (yes, no)", Answer: &i.feedback, Optional: true,
			check: yesOrNo(&i.feedback), guess: func(context.Context) []string { return []string{"no"} },
			wanted: func(context.Context) bool { return !i.answers.Feedback },
		})
}

// CheckGiven says which of the answers that are given already are wrong as they stand.
func (i *Interview) CheckGiven() error {
	var out []error
	for _, question := range i.answers.questions(i.guesses) {
		if *question.Answer == "" {
			continue
		}
		if err := question.check(); err != nil {
			out = append(out, fmt.Errorf("--%s: %w", question.Flag, err))
		}
	}
	return errors.Join(out...)
}

// Derive returns the set-up of what was answered, as the function does, of what the
// questions have read.
func (i *Interview) Derive(ctx context.Context) (Setup, error) {
	return derive(ctx, *i.answers, i.guesses.found, i.guesses.read)
}

// Finish takes over what was typed.
func (i *Interview) Finish() {
	if i.paths != "" && i.paths != "none" {
		i.answers.Paths = []string{i.paths}
	}
	if strings.HasPrefix(i.ingress, "y") {
		i.answers.Ingress = true
	}
	if strings.HasPrefix(i.feedback, "y") {
		i.answers.Feedback = true
	}
}

func (i *Interview) checkPaths() error {
	for _, glob := range (Answers{Paths: []string{i.paths}}).globs() {
		if err := checkGlob(glob); err != nil {
			return err
		}
	}
	return nil
}

func yesOrNo(answer *string) func() error {
	return func() error {
		if !slices.Contains([]string{"yes", "y", "no", "n"}, *answer) {
			return fmt.Errorf("%q is not yes or no", *answer)
		}
		return nil
	}
}

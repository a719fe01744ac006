package main

import (
	"context"
	"fmt"
	"time"

	"github.com/eddy-previews/eddy/test/e2e/actors"
)

// pollEvery is how often the demo's watcher looks at Gitea by itself, so that a
// click there shows soon. The commands do not wait for it.
const pollEvery = "10s"

// play is the demo under way.
type play struct {
	world *actors.World
	print *printer
}

// narrated does something while the news from the cluster is printed.
func (p *play) narrated(ctx context.Context, do func(context.Context) error) error {
	before, err := p.world.Look(ctx)
	if err != nil {
		return fmt.Errorf("looking at the cluster: %w", err)
	}
	ending, end := context.WithCancel(ctx)
	done := make(chan actors.Scene)
	go func() { done <- p.narrate(ending, before) }()
	err = do(ctx)
	end()
	before = <-done
	if after, lookErr := p.world.Look(ctx); lookErr == nil {
		p.tell(after.News(before)) // what the last step has waited for
	}
	return err
}

// narrate prints the news until it is told to end, and returns what it saw last.
func (p *play) narrate(ctx context.Context, before actors.Scene) actors.Scene {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return before
		case <-tick.C:
		}
		now, err := p.world.Look(ctx)
		if err != nil {
			continue // the step that runs finds out by itself, and says more
		}
		p.tell(now.News(before))
		before = now
	}
}

func (p *play) tell(news []actors.Event) {
	for _, event := range news {
		p.print.line(event.Actor, event.Text)
	}
}

// open is the developer's first step.
func (p *play) open(ctx context.Context, title string) (actors.PullRequest, error) {
	pr, err := p.world.Forge.Open(ctx, title)
	if err == nil {
		p.print.line("developer", fmt.Sprintf("opens pull request %d, %q: %s", pr.Number, pr.Title, pr.URL))
	}
	return pr, err
}

// push adds a commit, and CI builds it. The image is there before the commit
// is: the pull request has its label already, so the watcher may see the
// commit at any moment, and examples/README.md says what would happen then.
func (p *play) push(ctx context.Context, pr actors.PullRequest) error {
	message := "changed at " + time.Now().Format(time.TimeOnly)
	page := fmt.Sprintf("pull request %d, %s", pr.Number, message)
	if err := p.world.BuildImage(ctx, pr, page); err != nil {
		return err
	}
	pr, err := p.world.Forge.Push(ctx, pr, message)
	if err != nil {
		return err
	}
	p.print.line("developer", fmt.Sprintf("pushes commit %.7s to pull request %d", pr.SHA, pr.Number))
	if err := p.world.Forge.AddLabel(ctx, pr); err != nil {
		return err
	}
	p.print.line("ci", fmt.Sprintf("has pushed the image %s again; the label is there", pr.Image()))
	return p.see(ctx, p.up(pr, page)...)
}

// label is CI: the image, the label; then the preview.
func (p *play) label(ctx context.Context, pr actors.PullRequest) error {
	page := actors.Page(pr)
	if pr.Ready() {
		page = "" // its pods may have started before this image was there
	}
	if err := p.world.CI(ctx, pr); err != nil {
		return err
	}
	p.print.line("ci", fmt.Sprintf("has pushed the image %s, and sets the label %s", pr.Image(), actors.ReadyLabel))
	return p.see(ctx, p.up(pr, page)...)
}

// told is what the pull request says of its preview, by one comment and the status of
// its commit.
func (p *play) told(ctx context.Context, pr actors.PullRequest) error {
	for _, claim := range []actors.Claim{p.world.Says(pr, "## Preview: ready"), p.world.Marked(pr, "success")} {
		if err := p.world.Wait(ctx, claim); err != nil {
			return err
		}
	}
	p.print.line("feedback", fmt.Sprintf("says on pull request %d that its preview is ready: %s", pr.Number, pr.URL))
	return nil
}

func (p *play) unlabel(ctx context.Context, pr actors.PullRequest) error {
	if err := p.world.Forge.RemoveLabel(ctx, pr); err != nil {
		return err
	}
	p.print.line("developer", fmt.Sprintf("takes the label from pull request %d", pr.Number))
	return p.see(ctx, p.world.Absent(pr), p.world.Forgotten(pr))
}

func (p *play) close(ctx context.Context, pr actors.PullRequest) error {
	if err := p.world.Forge.Close(ctx, pr); err != nil {
		return err
	}
	p.print.line("developer", fmt.Sprintf("closes pull request %d", pr.Number))
	return p.see(ctx, p.world.Absent(pr), p.world.Forgotten(pr))
}

func (p *play) merge(ctx context.Context, pr actors.PullRequest) error {
	if err := p.world.Forge.Merge(ctx, pr); err != nil {
		return err
	}
	p.print.line("developer", fmt.Sprintf("merges pull request %d", pr.Number))
	return p.see(ctx, p.world.Absent(pr), p.world.Forgotten(pr))
}

func (p *play) reopen(ctx context.Context, pr actors.PullRequest) error {
	if err := p.world.Forge.Reopen(ctx, pr); err != nil {
		return err
	}
	p.print.line("developer", fmt.Sprintf("reopens pull request %d", pr.Number))
	pr, err := p.world.Forge.Get(ctx, pr.Number)
	if err != nil || !pr.Ready() {
		return err
	}
	return p.see(ctx, p.up(pr, "")...)
}

// up claims all that can be true of a preview on this machine, with the text
// on its page.
func (p *play) up(pr actors.PullRequest, page string) []actors.Claim {
	claims := []actors.Claim{p.world.Exported(pr), p.world.Deployed(pr)}
	if p.world.System.Node != nil {
		claims = append(claims, p.world.Running(pr))
	}
	if p.world.System.Ingress != nil {
		claims = append(claims, p.world.Answers(pr, page))
	}
	return claims
}

// see lets the watcher look now, and waits for the claims.
func (p *play) see(ctx context.Context, claims ...actors.Claim) error {
	if err := p.world.Poll(ctx); err != nil {
		return err
	}
	for _, claim := range claims {
		if err := p.world.Wait(ctx, claim); err != nil {
			return err
		}
	}
	return nil
}

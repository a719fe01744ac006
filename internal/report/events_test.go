package report

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/identity"
)

func (e Event) String() string { return e.Type + " " + e.Reason + " " + e.Message }

type change string

func (c change) String() string { return string(c) }

func TestAnEventIsInTheseWords(t *testing.T) {
	collided := []identity.Collision{{Name: "v2", ID: "7-1", With: "v1"}}
	for _, c := range []struct {
		name   string
		events []Event
		want   string
	}{
		{"nothing changed", Applied([]change{}, "sha256:1"), ""},
		{"two changes, a line each", Applied([]change{"A created", "B deleted"}, "sha256:1"), "Normal ApplySucceeded A created\nB deleted"},
		{"no collision", Collided(nil), ""},
		{"a collision", Collided(collided), `Normal IDCollision "v2" has the id 7-1, as "v1" has the one that both would have`},
		{"all is gone", []Event{Uninstalled(1500*time.Millisecond + time.Microsecond)}, "Normal UninstallationSucceeded Uninstallation completed in 1.5s"},
		{"what is left behind", []Event{LeftBehind("it is suspended", "A, B")}, "Warning UninstallationBlocked Left behind, as it is suspended: A, B"},
		{"what is left behind and cannot be read", []Event{LeftBehind("it is suspended", "")}, "Warning UninstallationBlocked Left behind, as it is suspended"},
		{"a suspended object", []Event{disabled()}, "Warning ReconciliationDisabled Reconciliation is disabled"},
		{"a success", []Event{concluded(Done(time.Second, time.Hour, "2 wait"))}, "Normal ReconciliationSucceeded Reconciliation finished in 1s; 2 wait"},
		{"a success with a revision", []Event{concluded(Outcome{Reason: "Fine", Message: "m", Revision: "sha256:1"})}, "Normal Fine m, revision sha256:1"},
		{"a wait", []Event{concluded(Wait("Later", "m", time.Second))}, "Normal Later m"},
		{"a failure", []Event{concluded(FromError(Fail("Broken", errors.New("m"))))}, "Warning Broken m"},
		{"a failure that stays", []Event{concluded(FromError(StallWith("Wrong", "m", errors.New("x"))))}, "Warning Wrong m"},
	} {
		var said []string
		for _, event := range c.events {
			said = append(said, event.String())
		}
		if got := strings.Join(said, "; "); got != c.want {
			t.Errorf("%s: it says %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAnEventOfManyChangesIsBounded(t *testing.T) {
	message := Applied(make([]change, 250), "")[0].Message
	if lines := strings.Split(message, "\n"); len(lines) != maxLines+1 || lines[maxLines] != "and 150 more" {
		t.Errorf("it has %d lines", len(lines))
	}
}

func TestAnEventTellsAMachineTheRevision(t *testing.T) {
	if got := Applied([]change{"x"}, "sha256:1")[0].annotations(); len(got) != 2 || got["event.toolkit.fluxcd.io/revision"] != "sha256:1" {
		t.Errorf("the annotations are %v", got)
	}
	if got := Applied([]change{"x"}, "")[0].annotations(); len(got) != 0 {
		t.Errorf("the annotations are %v", got)
	}
}

func TestTheEventsOfARunAreToldOnceEachWhateverItCameTo(t *testing.T) {
	b := newBench(t)
	outcome := Outcome{Kind: Failed, Reason: "Broken", Message: "m"}
	_, _ = b.finish(outcome) // the controller is to try again
	b.take()
	outcome.Events = append(Applied([]change{"A created"}, ""), Collided([]identity.Collision{{Name: "v2", ID: "7-1", With: "v1"}})...)
	_, _ = b.finish(outcome)
	if got := strings.Split(b.take(), "\n"); len(got) != 2 || got[0] != "Normal ApplySucceeded A created" || !strings.HasPrefix(got[1], "Normal IDCollision ") {
		t.Errorf("the events are %q", got)
	}
}

// What was done is done; what stands in the status is found out again.
func TestWhenTheStatusIsNotWrittenOnlyWhatWasDoneIsTold(t *testing.T) {
	b := newBench(t)
	stale := b.provider.DeepCopy()
	_, _ = b.finish(Done(time.Second, time.Minute))
	b.take()
	b.provider = stale
	outcome := Done(time.Second, time.Minute)
	outcome.Events = append(Collided([]identity.Collision{{Name: "v2", ID: "7-1", With: "v1"}}), Applied([]change{"A created"}, "")...)
	_, _ = b.finish(outcome)
	if got := b.take(); got != "Normal ApplySucceeded A created" {
		t.Errorf("the events are %q", got)
	}
}

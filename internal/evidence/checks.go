package evidence

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/admit"
	"github.com/eddy-previews/eddy/internal/forge"
)

// shownChecks is how many names of other checks are shown where one is missing.
const shownChecks = 10

// checkProof is what is exported of a check.
type checkProof struct {
	Name  string `json:"name"`
	App   string `json:"app,omitempty"`
	State string `json:"state"`
}

// names are those of the checks that the gate wants.
func (g *Gate) names() forge.Names {
	out := make(forge.Names, len(g.spec.Checks))
	for n, check := range g.spec.Checks {
		out[n] = check.Name
	}
	return out
}

// lookAtChecks asks for the checks of a commit: what was proved of each, or, in the
// finding, what the first one lacks.
func (g *Gate) lookAtChecks(ctx context.Context, q Question, item forge.Item) ([]checkProof, finding) {
	if len(g.spec.Checks) == 0 {
		return nil, finding{}
	}
	found, err := q.Checks(ctx, item, g.names())
	if err != nil {
		lacks := unknown("waits, as it cannot be told what CI says of its commit: "+err.Error(), err)
		lacks.refused = false // what that may mean is of registries
		return nil, lacks
	}
	var proofs []checkProof
	for n, wanted := range g.spec.Checks {
		state, lacks := judge(wanted, fmt.Sprintf("spec.gate.checks[%d]", n), found)
		if lacks.Reason != "" {
			return nil, lacks
		}
		proofs = append(proofs, checkProof{wanted.Name, wanted.App, state})
	}
	return proofs, finding{}
}

// judge says what the checks of a commit are worth to one that is wanted. Of a check that
// several apps tell of it is enough that one accepts; of those whose names begin alike,
// each has to be accepted.
func judge(wanted v1.GateCheck, field string, found []forge.Check) (state string, lacks finding) {
	matching := slices.DeleteFunc(newestOf(found), func(c forge.Check) bool {
		return !c.IsNamed(wanted.Name) || wanted.App != "" && c.App != wanted.App
	})
	if len(matching) == 0 {
		return "", waiting("waits for the check " + title(wanted) + others(wanted, found))
	}
	isAccepted := func(c forge.Check) bool { return wanted.Accepts(string(c.State)) }
	if at := slices.IndexFunc(matching, isAccepted); at >= 0 && !isPrefix(wanted) {
		return string(matching[at].State), finding{}
	}
	at := slices.IndexFunc(matching, func(c forge.Check) bool { return !isAccepted(c) })
	if at < 0 {
		return string(matching[0].State), finding{}
	}
	return "", shortfall(wanted, field, matching[at])
}

// newestOf leaves of checks, the newest first, what the same one says last under the same
// names.
func newestOf(found []forge.Check) []forge.Check {
	var out []forge.Check
	for _, check := range found {
		if !slices.ContainsFunc(out, func(c forge.Check) bool { return c.Name == check.Name && c.Other == check.Other && c.App == check.App }) {
			out = append(out, check)
		}
	}
	return out
}

func isPrefix(wanted v1.GateCheck) bool { return strings.HasSuffix(wanted.Name, "*") }

// title is how a message calls a check that is wanted.
func title(wanted v1.GateCheck) string {
	if wanted.App == "" {
		return admit.Named(wanted.Name)
	}
	return admit.Named(wanted.Name) + " of " + admit.Named(wanted.App)
}

// shortfall is a check that is there and not accepted.
func shortfall(wanted v1.GateCheck, field string, check forge.Check) finding {
	name := title(wanted)
	if isPrefix(wanted) {
		name = admit.Named(check.Name)
	}
	said := admit.Named(check.Said)
	switch check.State {
	case forge.CheckPending:
		return waiting(fmt.Sprintf("waits for the check %s, which is %s", name, said))
	case forge.CheckFailed:
		return failed(fmt.Sprintf("waits for the check %s, which came to %s", name, said))
	default:
		return failed(fmt.Sprintf("waits for the check %s, which came to %s, and %s.accept does not name %s", name, said, field, check.State))
	}
}

// others lists what is there where no check of a name is. The usual fault is a wrong name.
func others(wanted v1.GateCheck, found []forge.Check) string {
	var names, apps []string
	for _, check := range found {
		if check.IsNamed(wanted.Name) {
			apps = append(apps, check.App)
		}
		names = append(names, check.Name)
	}
	slices.Sort(names)
	names, apps = slices.Compact(names), slices.Compact(slices.Sorted(slices.Values(apps)))
	switch {
	case len(apps) > 0:
		return fmt.Sprintf(" (it is there of%s)", admit.InPlaceOf(wanted.App, apps, shownChecks))
	case len(names) == 0:
		return " (there is no check of its commit yet)"
	default:
		return fmt.Sprintf(" (there are%s)", admit.InPlaceOf(wanted.Name, names, shownChecks))
	}
}

// waiting is a check that has yet to end, and failed one that came to nothing good.
func waiting(message string) finding {
	return finding{Evidence: admit.Evidence{Reason: admit.WaitingForCheck, Message: message}}
}

func failed(message string) finding {
	return finding{Evidence: admit.Evidence{Reason: admit.CheckFailed, Message: message}}
}

// hasChecks reports whether what was exported before proves the checks that the gate
// wants.
func (g *Gate) hasChecks(before v1.ResourceSetInput) bool {
	if len(g.spec.Checks) == 0 {
		return true
	}
	var proofs []checkProof
	if raw := before[admit.ChecksKey]; raw == nil || json.Unmarshal(raw.Raw, &proofs) != nil {
		return false
	}
	for _, wanted := range g.spec.Checks {
		if !slices.ContainsFunc(proofs, func(p checkProof) bool {
			return p.Name == wanted.Name && p.App == wanted.App && wanted.Accepts(p.State)
		}) {
			return false
		}
	}
	return true
}

// madeUpChecks are proofs of checks that nobody asked for.
func (g *Gate) madeUpChecks() []checkProof {
	var out []checkProof
	for _, wanted := range g.spec.Checks {
		state := v1.CheckSuccess
		if !wanted.Accepts(state) {
			state = wanted.Accept[0]
		}
		out = append(out, checkProof{wanted.Name, wanted.App, state})
	}
	return out
}

package templater

import (
	"fmt"

	"github.com/fluxcd/pkg/apis/meta"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/apply"
	"github.com/eddy-previews/eddy/internal/object"
)

// reserve is kept free in a ResourceSet for conditions, the history and the lines
// of previews, in bytes.
const reserve = 100 << 10

// makeRoom fails the previews whose objects the inventory has no room for: what
// cannot be noted must not be made. What is owned already stays; of what is new,
// previews that have something come before those that are new.
func (r *run) makeRoom(known apply.Inventory, p *desired) {
	if len(p.inventory.Without(known)) == 0 {
		return
	}
	rest := r.set.DeepCopy()
	rest.Status, rest.ManagedFields = v1.ResourceSetStatus{}, nil
	room := maxObject - reserve - size(rest) - size(known.Stored())
	noted, running := known.Refs(), map[string]bool{}
	for _, entry := range known {
		running[entry.Owner] = true
	}
	asked := map[string]apply.Inventory{}
	for _, entry := range p.inventory {
		asked[entry.Owner] = append(asked[entry.Owner], entry)
	}
	for _, first := range []bool{true, false} {
		for _, one := range p.previews {
			if running[one.key] != first || p.failed.has(one.key) {
				continue
			}
			needs := bytesOf(asked[one.key], noted)
			if needs > room {
				p.failed.add(problem{key: one.key, reason: meta.ReconciliationFailedReason, err: noRoom(len(asked[one.key]), needs, room)})
				continue
			}
			room -= needs
			for _, entry := range asked[one.key] {
				noted[entry.Ref] = true
			}
		}
	}
	p.takeStock()
}

// bytesOf is how much the entries take that are not noted yet.
func bytesOf(entries apply.Inventory, noted map[object.Ref]bool) int {
	total := 0
	for _, entry := range entries {
		if !noted[entry.Ref] {
			total += size(apply.Inventory{entry}.Stored().Entries[0]) + 1
		}
	}
	return total
}

func noRoom(objects, needs, room int) error {
	return fmt.Errorf("its %s take %d KiB in status.inventory, where %d KiB are left of the %d KiB that a ResourceSet may have: "+
		"let it ask for fewer objects, such as one Kustomization or HelmRelease that deploys them, or split the set: "+
		"two providers that share the requests by spec.filter.labels, each with a ResourceSet that names it in inputsFrom",
		count(objects, "object"), needs>>10, max(room, 0)>>10, maxObject>>10)
}

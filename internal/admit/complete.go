package admit

import "github.com/eddy-previews/eddy/internal/source"

// storable wants of a newcomer that it can be an input as it is. It takes no
// place of others.
func storable(item source.Item, known Known) *Verdict {
	if item.Refused == nil || known.Exported[item.Key()] {
		return nil
	}
	return hold(NotStorable, "cannot be an input: %s", item.Refused)
}

// unchangeable leaves an input that cannot be one as it is now what it was.
func unchangeable(item source.Item, known Known) *Verdict {
	if item.Refused == nil {
		return nil
	}
	return hold(NotStorable, "cannot be an input: %s", item.Refused).keeping(item, known)
}

// complete waits for a forge that has yet to tell what there is to deploy.
func complete(item source.Item, known Known) *Verdict {
	if item.IsComplete() {
		return nil
	}
	return hold(NoCommit, "waits for the forge to tell its commit").keeping(item, known)
}

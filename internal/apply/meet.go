package apply

import (
	"context"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// pageWorth is how many objects a page of a listing may save the questions for:
// a listing that takes longer than that is not read to its end.
const pageWorth = 100

// errTooMany ends a listing that costs more than it saves.
var errTooMany = errors.New("there are too many objects to list")

// Meet looks at objects that are to be written for the first time, and adds to
// what was seen what is there by their names, whoever made it: an owner's listing
// and watch tell of its own alone. It comes before they are claimed. Of what cannot
// be looked at, Live.Err says why; an error is about the API server as a whole.
//
// Many of one kind cost a listing where that is short, few a request each.
func (s *Session) Meet(ctx context.Context, newcomers Inventory) error {
	places := map[place]Inventory{}
	for _, entry := range newcomers {
		if s.Live.Get(entry.Ref) == nil && s.Live.Err(entry.Ref) == nil && !s.Memory.hasEnded(entry.Ref) {
			at := place{entry.gvk(), entry.Namespace}
			places[at] = append(places[at], entry)
		}
	}
	for at, entries := range places {
		if len(entries) > manyUnknown && s.skim(ctx, at, entries, s.Live) == nil {
			continue
		}
		if err := s.meetEach(ctx, entries, s.Live); err != nil {
			return err
		}
	}
	return nil
}

// skim finds entries in a listing of all objects at a place.
func (a *Applier) skim(ctx context.Context, at place, entries Inventory, live Live) error {
	all := newLive()
	err := a.Kinds.asServed(at.gvk.GroupKind(), at.gvk.Version, func(version string) error {
		kind, next := at.gvk.GroupKind().WithVersion(version), ""
		for range 1 + len(entries)/pageWorth {
			var err error
			options := []client.ListOption{client.InNamespace(at.namespace), client.Limit(pageSize), client.Continue(next)}
			if next, err = a.metadataPage(ctx, kind, all, options); err != nil || next == "" {
				return err
			}
		}
		return errTooMany
	})
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if found := all.Get(entry.Ref); found != nil {
			live.metas[entry.Ref] = found
		}
	}
	return nil
}

// meetEach asks for each entry alone, several at once.
func (a *Applier) meetEach(ctx context.Context, entries Inventory, live Live) error {
	var group errgroup.Group
	group.SetLimit(max(a.Concurrency, 1))
	var mu sync.Mutex
	for _, entry := range entries {
		group.Go(func() error {
			found, err := a.find(ctx, entry.Ref, entry.Version)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil:
				return live.miss(ctx, entry.Ref, err)
			case found != nil:
				live.metas[entry.Ref] = found
			}
			return nil
		})
	}
	return group.Wait()
}

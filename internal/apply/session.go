package apply

import "context"

// Session is a run over what one owner has: it is looked at once, and what is
// applied, checked and pruned goes by what was seen.
//
//	session, err := applier.Open(ctx, owner, inventory)
//	err = session.Meet(ctx, newcomers)
//	result, err := session.Apply(ctx, objects)
//	unready, err := session.Health(ctx, objects)
//	pruned := session.Prune(ctx, unwanted)
type Session struct {
	*Applier
	Owner Owner
	// Live is what was seen.
	Live Live
}

// Open looks at the objects of an inventory, and begins a session.
func (a *Applier) Open(ctx context.Context, owner Owner, inventory Inventory) (*Session, error) {
	live, err := a.Observe(ctx, inventory)
	if err != nil {
		return nil, err
	}
	return a.Resume(owner, live), nil
}

// Resume begins a session with what was seen already, as by a watch.
func (a *Applier) Resume(owner Owner, live Live) *Session {
	return &Session{Applier: a, Owner: owner, Live: live}
}

package templater

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/render"
	"github.com/eddy-previews/eddy/internal/throttle"
)

// programs keeps the compiled templates of each set, for one generation and one shard.
type programs struct {
	mu    sync.Mutex
	byUID map[types.UID]compiled
}

type compiled struct {
	generation int64
	shard      string
	program    *render.Program
}

// of returns the compiled templates of a set, which render behind a throttle.
func (p *programs) of(set *v1.ResourceSet, behind *throttle.Throttle) (*render.Program, error) {
	p.mu.Lock()
	known, ok := p.byUID[set.UID]
	p.mu.Unlock()
	shard := set.Labels[v1.ShardLabel]
	if ok && known.generation == set.Generation && known.shard == shard {
		return known.program, nil
	}
	program, err := render.Compile(set) // nobody else waits for that
	if err != nil {
		return nil, err
	}
	program.Behind(behind)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byUID == nil {
		p.byUID = map[types.UID]compiled{}
	}
	p.byUID[set.UID] = compiled{generation: set.Generation, shard: shard, program: program}
	return program, nil
}

func (p *programs) forget(uid types.UID) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byUID, uid)
}

// Package check tells whether a cluster has what Eddy needs, and whether Eddy
// works in it. Each check reads and changes nothing, and says what to do when
// something is amiss.
package check

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"k8s.io/client-go/discovery"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// State is how a check ended.
type State string

// The states. With a warning Eddy works, and something may be missed.
const (
	OK      State = "ok"
	Warning State = "warning"
	Failed  State = "failed"
)

// Result is what one check found.
type Result struct {
	Check   string `json:"check"`
	State   State  `json:"state"`
	Message string `json:"message"`
	// Fix is what to do; empty when all is well.
	Fix string `json:"fix,omitempty"`
}

// Cluster is what is checked.
type Cluster struct {
	Client    client.Client
	Discovery discovery.ServerVersionInterface
	// Namespace that Eddy is installed in, or will be.
	Namespace string
	// Now is when it is checked.
	Now time.Time
}

// rule is one check. It returns a result for each thing that it looks at; the
// error of a request that failed becomes a failed result.
type rule struct {
	name string
	run  func(ctx context.Context, c *Cluster) ([]Result, error)
}

// before are the checks that make sense before Eddy is installed.
var before = []rule{
	{"kubernetes", kubernetes},
	{"flux", fluxControllers},
	{"rival", rival},
	{"permissions", permissions},
	{"ingress", ingress},
}

// after are those that need it.
var after = []rule{
	{"kubernetes", kubernetes},
	{"flux", fluxControllers},
	{"definitions", definitions},
	{"operator", deployed},
	{"accounts", accounts},
	{"rival", rival},
	{"managers", managers},
	{"feedback", feedback},
	{"ingress", ingress},
}

// Prerequisites checks a cluster that Eddy is to be installed in.
func Prerequisites(ctx context.Context, c *Cluster) []Result { return run(ctx, c, before) }

// Installation checks a cluster that Eddy is installed in.
func Installation(ctx context.Context, c *Cluster) []Result { return run(ctx, c, after) }

func run(ctx context.Context, c *Cluster, rules []rule) []Result {
	var out []Result
	for _, one := range rules {
		found, err := one.run(ctx, c)
		if why := unreached(err); why != nil { // each of the others would say the same
			lost := failed("see that the cluster runs, and that it is the right --context", "the cluster cannot be reached: %v", why)
			lost.Check = one.name
			return append(out, lost)
		}
		if err != nil {
			found = append(found, failed("ask for the permission, or see to the connection", "%v", err))
		}
		for _, result := range found {
			result.Check = one.name
			out = append(out, result)
		}
	}
	return out
}

// unreached is why the cluster was not reached; nil where it answered.
func unreached(err error) error {
	var request *url.Error
	if !errors.As(err, &request) {
		return nil
	}
	return request.Err
}

func ok(format string, args ...any) Result {
	return Result{State: OK, Message: fmt.Sprintf(format, args...)}
}

func warning(fix, format string, args ...any) Result {
	return Result{State: Warning, Message: fmt.Sprintf(format, args...), Fix: fix}
}

func failed(fix, format string, args ...any) Result {
	return Result{State: Failed, Message: fmt.Sprintf(format, args...), Fix: fix}
}

package operator_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/rig"
)

// A set has its finalizer from the moment that it is at work; several of these
// are for much longer than it takes to see that.
func TestTheProgramEndsInItsGracePeriodWhileHostileSetsAreAtWork(t *testing.T) {
	namespace := server.Namespace(t)
	sets := hostileSets()
	for n, set := range sets {
		set.create(t, namespace, fmt.Sprint("hostile-", n))
	}
	program := filepath.Join(t.TempDir(), "eddy")
	if err := rig.Build(t.Context(), program); err != nil {
		t.Fatal(err)
	}
	process, err := rig.Start(t.Context(), server.WriteKubeconfig(t), slices.Concat([]string{program, "operator", "--watch-namespaces=" + namespace}, rig.Flags))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(process.Kill) // it has ended, or the test has failed
	gomega.NewWithT(t).Eventually(func() (left int) {
		for n := range sets {
			set := &v1.ResourceSet{}
			err := server.Client.Get(context.Background(), client.ObjectKey{Namespace: namespace, Name: fmt.Sprint("hostile-", n)}, set)
			if err != nil || !controllerutil.ContainsFinalizer(set, v1.Finalizer) {
				left++
			}
		}
		return left
	}, time.Minute, 20*time.Millisecond).Should(gomega.BeZero(), "sets that are not at work")

	began := time.Now()
	if err := process.Terminate(gracePeriod); err != nil {
		t.Fatalf("it ends with %v\n%s", err, process.Log())
	}
	t.Logf("it ends within %s", time.Since(began).Round(time.Millisecond))
}

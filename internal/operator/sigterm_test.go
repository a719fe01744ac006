package operator_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/onsi/gomega"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/test/apiserver"
)

// process is the operator as it runs in a pod: the program, told by signals.
type process struct {
	*exec.Cmd
	log   bytes.Buffer
	ended chan error
}

func startProcess(t *testing.T, args ...string) *process {
	t.Helper()
	program := filepath.Join(t.TempDir(), "eddy")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/eddy")
	build.Dir = apiserver.Root()
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	args = append([]string{"operator", "--enable-leader-election=false", "--metrics-addr=0", "--health-addr=0"}, args...)
	p := &process{Cmd: exec.CommandContext(context.Background(), program, args...), ended: make(chan error, 1)}
	p.Env = append(os.Environ(), "KUBECONFIG="+kubeconfig(t))
	p.Stdout, p.Stderr = &p.log, &p.log
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { p.ended <- p.Wait() }()
	t.Cleanup(func() { _ = p.Process.Kill() }) // it has ended, or the test has failed
	return p
}

// kubeconfig writes how the API server is reached to a file.
func kubeconfig(t *testing.T) string {
	t.Helper()
	tls := server.Config.TLSClientConfig
	config := clientcmdapi.Config{
		Clusters:       map[string]*clientcmdapi.Cluster{"test": {Server: "https://" + strings.TrimPrefix(server.Config.Host, "https://"), CertificateAuthorityData: tls.CAData}},
		AuthInfos:      map[string]*clientcmdapi.AuthInfo{"operator": {ClientCertificateData: tls.CertData, ClientKeyData: tls.KeyData}},
		Contexts:       map[string]*clientcmdapi.Context{"test": {Cluster: "test", AuthInfo: "operator"}},
		CurrentContext: "test",
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(config, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// A set has its finalizer from the moment that it is at work; several of these
// are for much longer than it takes to see that.
func TestTheProgramEndsInItsGracePeriodWhileHostileSetsAreAtWork(t *testing.T) {
	namespace := server.Namespace(t)
	sets := hostileSets()
	for n, set := range sets {
		set.create(t, namespace, fmt.Sprint("hostile-", n))
	}
	p := startProcess(t, "--watch-namespaces="+namespace)
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
	if err := p.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-p.ended:
		if err != nil {
			t.Errorf("it ends with %v\n%s", err, p.log.String())
		}
		t.Logf("it ends within %s", time.Since(began).Round(time.Millisecond))
	case <-time.After(gracePeriod):
		t.Errorf("it has not ended after %s", gracePeriod)
	}
}

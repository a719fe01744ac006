package cli_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// node is the one node there is.
const node = "test-node"

// startNode starts a kubelet that speaks the API server's protocol for logs, and
// makes it a node of the cluster.
func startNode(ts *testscript.TestScript, _ bool, _ []string) {
	kubelet := httptest.NewTLSServer(http.HandlerFunc(serveLogs))
	ts.Defer(kubelet.Close)
	ts.Defer(kubelet.CloseClientConnections)
	host, port, err := net.SplitHostPort(strings.TrimPrefix(kubelet.URL, "https://"))
	ts.Check(err)
	number, err := strconv.ParseInt(port, 10, 32)
	ts.Check(err)
	one := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node}}
	ctx := context.Background()
	ts.Check(server.Client.Create(ctx, one))
	one.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: host}}
	one.Status.DaemonEndpoints.KubeletEndpoint.Port = int32(number)
	ts.Check(server.Client.Status().Update(ctx, one))
}

// serveLogs answers /containerLogs/NAMESPACE/POD/CONTAINER.
func serveLogs(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) != 4 || parts[0] != "containerLogs" {
		http.NotFound(w, r)
		return
	}
	if strings.Contains(parts[2], "1235") {
		http.Error(w, fmt.Sprintf("container %q in pod %q is waiting to start: trying and failing to pull image", parts[3], parts[2]), http.StatusBadRequest)
		return
	}
	query := r.URL.Query()
	if query.Get("previous") == "true" {
		_, _ = fmt.Fprintln(w, "panic: no database") // the test reads it
		return
	}
	if seconds := query.Get("sinceSeconds"); seconds != "" {
		_, _ = fmt.Fprintf(w, "what is newer than %s seconds\n", seconds) //nolint:gosec // the test reads it
		return
	}
	_, _ = fmt.Fprintf(w, "%s listens\n\x1b[1mhello\x1b[0m", parts[3]) //nolint:gosec // the test reads it
	if query.Get("follow") == "true" {
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	}
}

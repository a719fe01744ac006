package ingress

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/eddy-previews/eddy/test/cluster/internal/kube"
	"github.com/eddy-previews/eddy/test/cluster/internal/probe"
	"github.com/eddy-previews/eddy/test/cluster/internal/supervise"
)

const (
	// Command is the command of this program that Serve is behind.
	Command = "ingress"
	// Process is the name of the proxy's process in the system.
	Process = "ingress"
)

// Spec is the proxy as a process.
func Spec(kubeconfig string, port int) supervise.Spec {
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	return supervise.Spec{
		Name: Process, Path: "/proc/self/exe",
		Args:    []string{Command, "--kubeconfig", kubeconfig, "--listen", address},
		Address: "http://" + address,
		Ready:   probe.HTTP("http://" + address + Health),
	}
}

// Serve routes what comes to an address until the context ends.
func Serve(ctx context.Context, kubeconfig, listen string, log *slog.Logger) error {
	client, err := kube.Open(kubeconfig)
	if err != nil {
		return err
	}
	routes, err := watch(ctx, client.Typed)
	if err != nil {
		return fmt.Errorf("watching the cluster: %w", err)
	}
	go announce(ctx, client.Typed, routes.touched, log)
	server := &http.Server{Addr: listen, Handler: newProxy(routes, log), ReadHeaderTimeout: 30 * time.Second}
	context.AfterFunc(ctx, func() {
		// The process ends now; what is still being answered is cut off.
		_ = server.Close()
	})
	log.Info("serving", "address", listen)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving on %s: %w", listen, err)
	}
	return nil
}

// status is what an Ingress that is served says.
func status() []networkingv1.IngressLoadBalancerIngress {
	return []networkingv1.IngressLoadBalancerIngress{{IP: "127.0.0.1"}}
}

func announced(ingress *networkingv1.Ingress) bool {
	current := ingress.Status.LoadBalancer.Ingress
	return len(current) == 1 && current[0].IP == status()[0].IP
}

// announce writes into the status of each Ingress that it is served.
func announce(ctx context.Context, client kubernetes.Interface, ingresses <-chan *networkingv1.Ingress, log *slog.Logger) {
	for {
		select {
		case <-ctx.Done():
			return
		case ingress := <-ingresses:
			if err := writeStatus(ctx, client, ingress); err != nil && ctx.Err() == nil {
				log.Warn("cannot write an Ingress's status", "namespace", ingress.Namespace, "name", ingress.Name, "error", err)
			}
		}
	}
}

// writeStatus merges: the status holds nothing that others write.
func writeStatus(ctx context.Context, client kubernetes.Interface, ingress *networkingv1.Ingress) error {
	if announced(ingress) {
		return nil
	}
	patch := []byte(`{"status":{"loadBalancer":{"ingress":[{"ip":"` + status()[0].IP + `"}]}}}`)
	_, err := client.NetworkingV1().Ingresses(ingress.Namespace).Patch(ctx, ingress.Name, types.MergePatchType, patch,
		metav1.PatchOptions{FieldManager: kube.Manager}, "status")
	if apierrors.IsNotFound(err) {
		return nil // deleted meanwhile
	}
	return err
}

// Package rig runs an operator as a process against a real API server, with a
// proxy between the two that counts requests and can make them fail.
//
//	operator ──> proxy ──> kube-apiserver ──> etcd
//	                           ^
//	                test ──────┘
//
// The operator is any program that serves the two kinds and reads KUBECONFIG,
// so that what is measured of one can be measured of another.
package rig

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/eddy-previews/eddy/test/apiserver"
)

// Rig is an API server and a proxy in front of it.
type Rig struct {
	// Client speaks to the API server itself.
	Client client.WithWatch
	// Proxy is what operators speak to.
	Proxy *Proxy
	// Kubeconfig is the file that leads them there.
	Kubeconfig string

	environment *envtest.Environment
	listener    *httptest.Server
	restarted   *os.Process
}

// etcdBytes is what etcd may keep, the most that its documentation advises: with its own
// 2 GiB it has no place for a fleet of 100,000.
const etcdBytes = "8589934592"

// New starts an API server from the programs in assets, which are those that
// `bin/cluster assets` names. Files are kept in dir.
func New(assets, dir string) (*Rig, error) {
	environment, err := apiserver.Environment(assets)
	if err != nil {
		return nil, err
	}
	environment.ControlPlane.Etcd = &envtest.Etcd{}
	environment.ControlPlane.Etcd.Configure().Set("quota-backend-bytes", etcdBytes)
	config, err := environment.Start()
	if err != nil {
		return nil, fmt.Errorf("starting the API server: %w", err)
	}
	rig := &Rig{environment: environment, Kubeconfig: filepath.Join(dir, "kubeconfig")}
	if err := rig.connect(config); err != nil {
		return nil, errors.Join(err, rig.Close())
	}
	return rig, nil
}

func (r *Rig) connect(config *rest.Config) (err error) {
	config.QPS = -1
	if r.Client, err = client.NewWithWatch(config, client.Options{Scheme: r.environment.Scheme}); err != nil {
		return err
	}
	if r.Proxy, err = NewProxy(config); err != nil {
		return err
	}
	r.listener = httptest.NewServer(r.Proxy)
	return writeKubeconfig(r.Kubeconfig, r.listener.URL)
}

// writeKubeconfig names the proxy, which adds the credentials itself.
func writeKubeconfig(path, url string) error {
	config := clientcmdapi.NewConfig()
	config.Clusters["rig"] = &clientcmdapi.Cluster{Server: url}
	config.Contexts["rig"] = &clientcmdapi.Context{Cluster: "rig"}
	config.CurrentContext = "rig"
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// Ready reports whether the API server answers.
func (r *Rig) Ready(ctx context.Context) error {
	return r.Client.List(ctx, &corev1.NamespaceList{}, client.Limit(1))
}

// Namespace creates a namespace and returns its name.
func (r *Rig) Namespace(ctx context.Context) (string, error) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "rig-"}}
	if err := r.Client.Create(ctx, namespace); err != nil {
		return "", fmt.Errorf("creating a namespace: %w", err)
	}
	return namespace.Name, nil
}

// Close takes everything down.
func (r *Rig) Close() error {
	if r.listener != nil {
		r.listener.CloseClientConnections()
		r.listener.Close()
	}
	if r.restarted != nil {
		_ = r.restarted.Kill() // it may have ended already
		_, _ = r.restarted.Wait()
	}
	return r.environment.Stop()
}

// Package kube is the little that the local system asks of its own API server:
// is it ready, does an object exist, apply these manifests.
package kube

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Manager is the field manager under which the local system applies.
const Manager = "eddy-local-system"

const (
	establishTimeout  = time.Minute
	establishInterval = 100 * time.Millisecond
)

var crds = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}

// Client speaks to one API server.
type Client struct {
	Config  *rest.Config
	Typed   kubernetes.Interface
	Dynamic dynamic.Interface
}

// Open makes a client from a kubeconfig file.
func Open(kubeconfig string) (*Client, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", kubeconfig, err)
	}
	// The server is this machine's own; waiting for a client-side limit only
	// makes the start slow.
	config.QPS, config.Burst = 100, 200
	typed, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Client{Config: config, Typed: typed, Dynamic: dyn}, nil
}

// Ready returns nil when the API server says that it is ready.
func (c *Client) Ready(ctx context.Context) error {
	answer, err := c.Typed.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(answer))
	}
	return nil
}

// EnsureNamespace makes a namespace where it is not there.
func (c *Client) EnsureNamespace(ctx context.Context, name string) error {
	ns := object("v1", "Namespace", name)
	gvr := schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	_, err := c.Dynamic.Resource(gvr).Create(ctx, ns, metav1.CreateOptions{FieldManager: Manager})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("creating the namespace %s: %w", name, err)
	}
	return nil
}

// EnsureIngressClass creates the class of Ingresses of a controller where it does not
// exist.
func (c *Client) EnsureIngressClass(ctx context.Context, name, controller string) error {
	class := &networkingv1.IngressClass{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: networkingv1.IngressClassSpec{Controller: controller},
	}
	_, err := c.Typed.NetworkingV1().IngressClasses().Create(ctx, class, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("creating the ingress class %s: %w", name, err)
	}
	return nil
}

func object(apiVersion, kind, name string) *unstructured.Unstructured {
	return &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": name},
	}}
}

// ApplyCRDs applies every CRD in the YAML files of a folder, server-side, and
// waits until the API server serves them all.
func (c *Client) ApplyCRDs(ctx context.Context, dir string) error {
	objects, err := ReadCRDs(dir)
	if err != nil {
		return err
	}
	options := metav1.ApplyOptions{FieldManager: Manager, Force: true}
	for _, crd := range objects {
		if _, err := c.Dynamic.Resource(crds).Apply(ctx, crd.GetName(), crd, options); err != nil {
			return fmt.Errorf("applying the CRD %s: %w", crd.GetName(), err)
		}
	}
	for _, crd := range objects {
		if err := c.awaitEstablished(ctx, crd.GetName()); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) awaitEstablished(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, establishTimeout)
	defer cancel()
	for {
		crd, err := c.Dynamic.Resource(crds).Get(ctx, name, metav1.GetOptions{})
		if err == nil && established(crd) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the CRD %s was not established within %s: %w", name, establishTimeout, errors.Join(ctx.Err(), err))
		case <-time.After(establishInterval):
		}
	}
}

func established(crd *unstructured.Unstructured) bool {
	conditions, _, err := unstructured.NestedSlice(crd.Object, "status", "conditions")
	if err != nil {
		return false
	}
	for _, each := range conditions {
		condition, ok := each.(map[string]any)
		if ok && condition["type"] == "Established" && condition["status"] == "True" {
			return true
		}
	}
	return false
}

// ReadCRDs reads the CRDs in the YAML files of a folder, and skips whatever else
// is in them, such as a kustomization.yaml. A folder without any is an error.
func ReadCRDs(dir string) ([]*unstructured.Unstructured, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.y*ml"))
	if err != nil {
		return nil, err
	}
	sort.Strings(files)
	var found []*unstructured.Unstructured
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading CRDs: %w", err)
		}
		objects, err := decode(raw)
		if err != nil {
			return nil, fmt.Errorf("reading CRDs from %s: %w", file, err)
		}
		for _, object := range objects {
			if object.GetKind() == "CustomResourceDefinition" {
				found = append(found, object)
			}
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no CustomResourceDefinition in the YAML files of %s", dir)
	}
	return found, nil
}

func decode(raw []byte) ([]*unstructured.Unstructured, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(raw), 4096)
	var objects []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			objects = append(objects, object)
		}
	}
}

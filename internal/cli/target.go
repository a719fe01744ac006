package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

// target is an object of ours that a command acts on.
type target struct {
	Streams
	*cluster

	kind, Name string
}

// kindCommand describes a command on one of our kinds.
type kindCommand struct {
	kind, use string
	aliases   []string
}

// ourKinds are the kinds that commands act on, as people call them.
func ourKinds() []kindCommand {
	return []kindCommand{
		{kind: v1.ResourceSetInputProviderKind, use: "provider NAME", aliases: []string{"providers", "rsip", "resourcesetinputprovider"}},
		{kind: v1.ResourceSetKind, use: "resourceset NAME", aliases: []string{"resourcesets", "rset"}},
	}
}

// word is what people call the kind.
func (t *target) word() string { return wordOf(t.kind) }

func wordOf(kind string) string {
	if kind == v1.ResourceSetKind {
		return "resourceset"
	}
	return "provider"
}

// String returns Kind/namespace/name.
func describeObject(o stored) string {
	return fmt.Sprintf("%s/%s/%s", o.GetObjectKind().GroupVersionKind().Kind, o.GetNamespace(), o.GetName())
}

// open reads the object.
func (t *target) open(ctx context.Context) (apiServer, *unstructured.Unstructured, error) {
	server, err := t.connect()
	if err != nil {
		return server, nil, err
	}
	namespace, err := t.namespace()
	if err != nil {
		return server, nil, err
	}
	found, err := server.find(ctx, t.kind, namespace, t.Name)
	if apierrors.IsNotFound(err) {
		all, listing := server.all(ctx, v1.GroupVersion.WithKind(t.kind), namespace)
		if listing != nil {
			all = nil // then nothing is suggested
		}
		return server, nil, notFound(t.kind, t.Name, namespace, all)
	}
	return server, found, err
}

// oneName takes the one argument of a command.
func oneName(name *string, run func(context.Context) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		*name = args[0]
		return run(cmd.Context())
	}
}

package apply

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/eddy-previews/eddy/internal/object"
)

// applied applies an object, whoever manages its fields, and leaves in it what is
// stored. The API server reads what is applied as YAML, to which a next-line
// character (U+0085) is a line break, in quotes too: a text that has one would be
// folded, or refused. So it is sent as JSON escapes it.
func (a *Applier) applied(ctx context.Context, o *unstructured.Unstructured, manager string, options ...client.PatchOption) error {
	body, err := json.Marshal(o.Object)
	if err != nil {
		return fmt.Errorf("encoding %s: %w", object.RefOf(o), err)
	}
	body = bytes.ReplaceAll(body, []byte("\u0085"), []byte(`\u0085`))
	options = append(options, client.ForceOwnership, client.FieldOwner(manager))
	return a.Client.Patch(ctx, o, client.RawPatch(types.ApplyPatchType, body), options...)
}

package admit

import (
	"errors"
	"fmt"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/source"
)

// checkTold refuses filters by what the type does not tell: they would let
// everything pass, or nothing.
func checkTold(providerType string, spec *v1.InputProviderFilter) error {
	kind, err := source.TypeOf(providerType)
	if err != nil {
		return nil //nolint:nilerr // it is refused when it is opened
	}
	tells := kind.Tells
	asked := []struct {
		field       string
		used, known bool
	}{
		{"labels", len(spec.Labels) > 0, tells.Labels},
		{"includeTargetBranch", spec.IncludeTargetBranch != "", tells.TargetBranch},
		{"excludeTargetBranch", spec.ExcludeTargetBranch != "", tells.TargetBranch},
		{"drafts", spec.Drafts == v1.FilterExclude, tells.Drafts},
		{"forks", spec.Forks == v1.FilterExclude, tells.Forks},
		{"authors", len(spec.Authors) > 0, tells.Author},
		{"updatedWithin", spec.UpdatedWithin != nil, tells.Updated},
		{"paths", len(spec.Paths) > 0, tells.Files},
	}
	var all []error
	for _, one := range asked {
		if one.used && !one.known {
			all = append(all, fmt.Errorf("spec.filter.%s: a provider of type %s cannot tell: remove it", one.field, providerType))
		}
	}
	return errors.Join(all...)
}

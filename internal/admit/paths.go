package admit

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/source"
)

// touching wants what changes one of the files that spec.filter.paths names:
//
//	not known                            passes: nobody was asked, or it was found to match before
//	more files than the forge tells      passes: it may touch them
//	not computed by the forge yet        passes, and waits: see computed
//	files, one of which matches          passes
//	files, none of which matches         is refused
func touching(globs []string) rule {
	return func(item source.Item, known Known) *Verdict {
		touched, isKnown := known.Files[item.Change()]
		if len(globs) == 0 || !isKnown || touched.Why != nil || touches(touched.Files, globs) {
			return nil
		}
		return refuse(Untouched, "paths", "it changes no file that spec.filter.paths names")
	}
}

// computed waits for a forge that has yet to find out what a commit changes.
func computed(globs []string) rule {
	return func(item source.Item, known Known) *Verdict {
		if why := known.Files[item.Change()].Why; len(globs) > 0 && errors.Is(why, forge.ErrNotComputed) {
			return hold(NotComputed, "waits: %s", why).by("spec.filter.paths").keeping(item, known)
		}
		return nil
	}
}

// touches reports whether one of the files matches one of the globs.
func touches(files, globs []string) bool {
	return slices.ContainsFunc(files, func(file string) bool {
		return slices.ContainsFunc(globs, func(glob string) bool { return doublestar.MatchUnvalidated(glob, file) })
	})
}

// checkPaths refuses what is no glob, or none that could match.
func checkPaths(globs []string) error {
	for n, glob := range globs {
		switch {
		case strings.HasPrefix(glob, "!"):
			return fmt.Errorf("spec.filter.paths[%d]: %q: paths say what is included, and cannot exclude", n, glob)
		case strings.HasPrefix(glob, "/") || strings.HasPrefix(glob, "./"):
			return fmt.Errorf("spec.filter.paths[%d]: %q: write it from the root of the repository, as in services/api/**", n, glob)
		case !doublestar.ValidatePattern(glob):
			return fmt.Errorf("spec.filter.paths[%d]: %q is not a valid glob such as services/api/** or **/*.go", n, glob)
		}
	}
	return nil
}

package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/konfig"

	"github.com/eddy-previews/eddy/internal/files"
	"github.com/eddy-previews/eddy/internal/manifest"
	"github.com/eddy-previews/eddy/internal/overlay"
	"github.com/eddy-previews/eddy/internal/simulate"
	"github.com/eddy-previews/eddy/internal/suggest"
	"github.com/eddy-previews/eddy/internal/terminal"
)

// yamlName is the name of a file in a message of kustomize.
var yamlName = regexp.MustCompile(`[\w./-]+\.ya?ml`)

// explain says why a Kustomization cannot be built, and what to do.
func (o *buildPreview) explain(ctx context.Context, chain simulate.Chain, part simulate.Part) error {
	err := fmt.Errorf("%s: %w", kustomizationName(part), part.Err)
	unset := chain.UnsetIn(ctx, part)
	switch {
	case errors.Is(part.Err, overlay.ErrNoPath), errors.Is(part.Err, overlay.ErrNoManifests):
		return fmt.Errorf("%w%s (correct spec.path, or give the fleet repository with --path)", err, o.hint(part.Kustomization.Spec.Path))
	case errors.Is(part.Err, overlay.ErrNeedsCluster):
		return fmt.Errorf("%w, or give the object with -f", err)
	case len(unset) > 0:
		return fmt.Errorf("%w: give %s a value in postBuild.substitute%s", err, joined(unset), hinted(unset, variables(part)))
	}
	if broken := o.broken(part.Err.Error()); broken != nil {
		return fmt.Errorf("%s: %w", kustomizationName(part), broken)
	}
	return err
}

// joined lists variables: ${A}, ${B} and ${C}.
func joined(names []string) string {
	written := make([]string, 0, len(names))
	for _, name := range names {
		written = append(written, "${"+name+"}")
	}
	if n := len(written); n > 1 {
		return strings.Join(written[:n-1], ", ") + " and " + written[n-1]
	}
	return written[0]
}

// hinted says what was meant by variables that have no value. YAML makes true or false
// of a key such as N or ON, so that the variable is called that.
func hinted(unset, given []string) string {
	for _, name := range unset {
		if word, isBool := manifest.BoolWord(name); isBool && slices.Contains(given, word) {
			return fmt.Sprintf("; the key %s is YAML's word for %s: quote it", name, word)
		}
	}
	if len(unset) == 1 {
		return suggest.Hint(unset[0], given)
	}
	return ""
}

// hint says where the folder of a Kustomization may be: further down, or under a
// name that is much like it.
func (o *buildPreview) hint(path string) string {
	there := kustomizations(o.Path)
	path = filepath.Clean(path)
	for _, folder := range there {
		if above, found := strings.CutSuffix(filepath.ToSlash(folder), "/"+filepath.ToSlash(path)); found {
			return "; did you mean --path " + filepath.Join(o.Path, above) + "?"
		}
	}
	return suggest.Hint(path, there)
}

// checkFolder says what is wrong with the value of --path.
func checkFolder(path string) error {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return fmt.Errorf("--path: %s: there is no such folder", path)
	}
	return nil
}

// broken returns what is wrong with the YAML of the files that a message of
// kustomize names, which does so by their last part and without a column.
func (o *buildPreview) broken(message string) error {
	var out error
	names := yamlName.FindAllString(message, -1)
	walkFleet(o.Path, func(folder *files.Folder, relative string) {
		named := func(name string) bool { return filepath.Base(name) == filepath.Base(relative) }
		if out != nil || !slices.ContainsFunc(names, named) {
			return
		}
		if text, err := folder.Read(relative); err == nil {
			_, out = manifest.Parse(relative, text)
		}
	})
	return out
}

func variables(part simulate.Part) []string {
	if part.Kustomization.Spec.PostBuild == nil {
		return nil
	}
	return slices.Collect(maps.Keys(part.Kustomization.Spec.PostBuild.Substitute))
}

// kustomizations lists the folders of the fleet that have a kustomization.yaml.
func kustomizations(root string) []string {
	var out []string
	walkFleet(root, func(_ *files.Folder, relative string) {
		if slices.Contains(konfig.RecognizedKustomizationFileNames(), filepath.Base(relative)) {
			out = append(out, filepath.Dir(relative))
		}
	})
	return out
}

// walkFleet visits the files of the fleet, as many as are looked at.
func walkFleet(root string, visit func(folder *files.Folder, relative string)) {
	folder, err := files.Open(root)
	if err != nil {
		return
	}
	_ = folder.Walk(".", func(relative string, entry fs.DirEntry) error { // it is about a hint
		switch {
		case entry.IsDir() && entry.Name() == ".git":
			return fs.SkipDir
		case !entry.IsDir():
			visit(folder, relative)
		}
		return nil
	})
}

// tellLeftOut says on standard error what is not shown.
func (o *buildPreview) tellLeftOut(result simulate.Result) {
	for _, part := range result.Parts {
		for _, left := range part.LeftOut {
			_, _ = fmt.Fprintf(o.Err, "warning: %s\n", terminal.Visible(fmt.Sprintf(
				"%s: %s names %q, which is not in the repository: it is not fetched, and not shown (--fetch gets what has an address)", left.File, left.Field, left.Shown())))
		}
	}
}

// warn says on standard error what is allowed, and seldom meant.
func (o *buildPreview) warn(result simulate.Result) {
	for _, part := range result.Parts {
		if part.Kustomization == nil {
			continue
		}
		dir := filepath.Join(o.Path, part.Kustomization.Spec.Path)
		has := func(name string) bool {
			_, err := os.Stat(filepath.Join(dir, name))
			return err == nil
		}
		if !slices.ContainsFunc(konfig.RecognizedKustomizationFileNames(), has) {
			_, _ = fmt.Fprintf(o.Err, "warning: %s has no kustomization.yaml: Flux takes in every manifest below it\n", terminal.Visible(dir))
		}
	}
}

package actors

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// change is what the examples' reader would change, too.
type change struct{ from, to string }

// fleetFiles returns the files of examples/fleet by their path, with the pull
// policy of an image that is in no registry but in the node already.
func fleetFiles(root string) (map[string]string, error) {
	files := map[string]string{}
	dir := filepath.Join(root, "examples", "fleet")
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(dir, path))
		files[path] = string(text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading examples/fleet: %w", err)
	}
	const deployment = "clusters/base/api/deployment.yaml"
	files[deployment], err = adapt(files[deployment], change{"imagePullPolicy: Always", "imagePullPolicy: IfNotPresent"})
	if err != nil {
		return nil, fmt.Errorf("examples/fleet/%s: %w", deployment, err)
	}
	return files, nil
}

// example reads a file of examples/gitea and makes the changes.
func example(root, name string, changes ...change) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, "examples", "gitea", name))
	if err != nil {
		return "", fmt.Errorf("reading the example: %w", err)
	}
	adapted, err := adapt(string(text), changes...)
	if err != nil {
		return "", fmt.Errorf("examples/gitea/%s: %w", name, err)
	}
	return adapted, nil
}

// adapt makes each change, and fails when there is nothing to change: then the
// example is no longer what the environment expects.
func adapt(text string, changes ...change) (string, error) {
	for _, c := range changes {
		if !strings.Contains(text, c.from) {
			return "", fmt.Errorf("has no %q to change into %q", c.from, c.to)
		}
		text = strings.ReplaceAll(text, c.from, c.to)
	}
	return text, nil
}

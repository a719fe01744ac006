package release

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/lint"
	"helm.sh/helm/v4/pkg/chart/v2/lint/support"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
)

// chart packages the chart, as `helm package` does but for the times in it.
func (s Spec) chart(folder string) error {
	loaded, err := loader.LoadDir(filepath.Join(s.Root, "charts", "eddy"))
	if err != nil {
		return fmt.Errorf("loading the chart: %w", err)
	}
	if err := s.name(loaded); err != nil {
		return err
	}
	s.date(loaded)
	if _, err := chartutil.Save(loaded, folder); err != nil {
		return fmt.Errorf("packaging the chart: %w", err)
	}
	return nil
}

// name sees that the chart has the version of the release. That of a final release
// must have it in the checkout already: the programs have that chart in them, and
// `eddy install` installs the image that it names.
func (s Spec) name(loaded *chart.Chart) error {
	about := loaded.Metadata
	if s.Stage == Draft {
		about.Version, about.AppVersion = s.number(), s.number()
	}
	if about.Version != s.number() || about.AppVersion != s.number() {
		return fmt.Errorf("charts/eddy/Chart.yaml has version %s and appVersion %s: set both to %s before it is tagged", about.Version, about.AppVersion, s.number())
	}
	return nil
}

// date gives all files of a chart the time of the release.
func (s Spec) date(loaded *chart.Chart) {
	loaded.ModTime, loaded.SchemaModTime = s.Created, s.Created
	for _, one := range loaded.Raw {
		one.ModTime = s.Created
	}
	for _, one := range loaded.Templates {
		one.ModTime = s.Created
	}
	for _, one := range loaded.Files {
		one.ModTime = s.Created
	}
}

// checkChart lints the chart as it is packaged: what `helm lint --strict` reports is
// an error.
func (s Spec) checkChart(folder string) error {
	unpacked, err := os.MkdirTemp("", "chart-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(unpacked) }() // what stays is in nobody's way
	if err := chartutil.ExpandFile(unpacked, filepath.Join(folder, "eddy-"+s.number()+".tgz")); err != nil {
		return fmt.Errorf("unpacking the chart: %w", err)
	}
	root := filepath.Join(unpacked, "eddy")
	loaded, err := loader.LoadDir(root)
	if err != nil {
		return fmt.Errorf("loading the chart: %w", err)
	}
	if loaded.Metadata.Version != s.number() || loaded.Metadata.AppVersion != s.number() {
		return fmt.Errorf("the chart is of version %s and %s, not of %s", loaded.Metadata.Version, loaded.Metadata.AppVersion, s.number())
	}
	var failed []error
	for _, message := range lint.RunAll(root, nil, "flux-system").Messages {
		if message.Severity > support.InfoSev {
			failed = append(failed, fmt.Errorf("linting the chart: %w", message))
		}
	}
	return errors.Join(failed...)
}

package release

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Check looks at a release as those do who get it: whole, of the version that it
// says, for each platform.
func Check(ctx context.Context, spec Spec, folder string) error {
	failed := []error{checkChecksums(folder), spec.checkChart(folder), spec.checkImage(folder), spec.checkNotes(folder)}
	for _, platform := range Platforms() {
		if err := spec.checkProgram(ctx, folder, platform); err != nil {
			failed = append(failed, fmt.Errorf("the program for %s: %w", platform, err))
		}
	}
	return errors.Join(failed...)
}

func (s Spec) checkNotes(folder string) error {
	notes, err := os.ReadFile(filepath.Join(folder, "notes.md"))
	if err == nil && len(bytes.TrimSpace(notes)) == 0 {
		err = fmt.Errorf("notes.md is empty")
	}
	return err
}

func (s Spec) checkProgram(ctx context.Context, folder string, platform v1.Platform) error {
	base := filepath.Join(folder, s.file(platform.OS+"_"+platform.Architecture))
	files, err := unpack(base + ".tar.gz")
	if err != nil {
		return err
	}
	for _, name := range []string{"eddy", "LICENSE", "README.md"} {
		if len(files[name].data) == 0 {
			return fmt.Errorf("the archive has no %s", name)
		}
	}
	program := files["eddy"]
	if program.mode != 0o755 {
		return fmt.Errorf("the mode of eddy is %o, so nobody can run it", program.mode)
	}
	if err := s.checkBinary(ctx, program.data, platform); err != nil {
		return err
	}
	return s.checkBOM(base + ".cdx.json")
}

// checkBinary reads for what a program was built, and runs it where that is this machine.
func (s Spec) checkBinary(ctx context.Context, binary []byte, platform v1.Platform) error {
	info, err := buildinfo.Read(bytes.NewReader(binary))
	if err != nil {
		return fmt.Errorf("reading how it was built: %w", err)
	}
	if setting(info, "GOOS") != platform.OS || setting(info, "GOARCH") != platform.Architecture || setting(info, "CGO_ENABLED") != "0" {
		return fmt.Errorf("it was built for %s/%s, with CGO_ENABLED=%s", setting(info, "GOOS"), setting(info, "GOARCH"), setting(info, "CGO_ENABLED"))
	}
	if !bytes.Contains(binary, []byte(s.Version)) {
		return fmt.Errorf("its version is not %s", s.Version)
	}
	if platform.OS != runtime.GOOS || platform.Architecture != runtime.GOARCH {
		return nil
	}
	return s.runs(ctx, binary)
}

func setting(info *debug.BuildInfo, key string) string {
	for _, one := range info.Settings {
		if one.Key == key {
			return one.Value
		}
	}
	return ""
}

// runs asks a program for its version.
func (s Spec) runs(ctx context.Context, binary []byte) error {
	folder, err := os.MkdirTemp("", "eddy-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // what stays is in nobody's way
	path := filepath.Join(folder, "eddy")
	if err := os.WriteFile(path, binary, 0o700); err != nil { //nolint:gosec // it is run
		return err
	}
	said, err := exec.CommandContext(ctx, path, "--version").CombinedOutput()
	if err != nil {
		return fmt.Errorf("running it: %w\n%s", err, said)
	}
	if !bytes.Contains(said, []byte(s.Version)) {
		return fmt.Errorf("it says %q, and is of %s", bytes.TrimSpace(said), s.Version)
	}
	return nil
}

// checkBOM sees that an SBOM is one, of this version, and lists what it is linked of.
func (s Spec) checkBOM(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var bom cyclonedx.BOM
	if err := json.Unmarshal(text, &bom); err != nil {
		return fmt.Errorf("reading %s: %w", filepath.Base(path), err)
	}
	if bom.BOMFormat != cyclonedx.BOMFormat || bom.Metadata == nil || bom.Metadata.Component == nil || bom.Metadata.Component.Version != s.Version {
		return fmt.Errorf("%s is no CycloneDX of version %s", filepath.Base(path), s.Version)
	}
	if bom.Components == nil || len(*bom.Components) == 0 {
		return fmt.Errorf("%s lists nothing", filepath.Base(path))
	}
	return nil
}

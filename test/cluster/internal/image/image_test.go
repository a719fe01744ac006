package image_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/eddy-previews/eddy/test/cluster/internal/image"
)

func TestImageHoldsTheProgramAndItsMessage(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "app")
	if err := os.WriteFile(program, []byte("binary"), 0o600); err != nil {
		t.Fatal(err)
	}
	tarFile := filepath.Join(dir, "image.tar")
	sample := image.Image{Ref: "registry.example.com/api:pr-1", Program: program, Port: 8080, Env: []string{"APP_MESSAGE=one"}}
	if err := sample.Write(tarFile); err != nil {
		t.Fatal(err)
	}
	read, err := tarball.ImageFromPath(tarFile, nil)
	if err != nil {
		t.Fatal(err)
	}
	config, err := read.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if got := config.Config.Entrypoint; len(got) != 1 || got[0] != "/app" {
		t.Errorf("it runs %q, want /app", got)
	}
	if got := config.Config.Env; len(got) != 1 || got[0] != "APP_MESSAGE=one" {
		t.Errorf("its variables are %q", got)
	}
	if config.Config.User == "" || strings.HasPrefix(config.Config.User, "0") {
		t.Errorf("it runs as the user %q, and needs no root", config.Config.User)
	}
}

func TestImageWithoutATagIsRefused(t *testing.T) {
	for _, ref := range []string{"registry.example.com/api", "", "Not A Name:x"} {
		if err := (image.Image{Ref: ref}).Write(filepath.Join(t.TempDir(), "image.tar")); err == nil {
			t.Errorf("%q was taken for an image's name with a tag", ref)
		}
	}
}

func TestImageOfAProgramThatNeedsLibrariesIsRefused(t *testing.T) {
	err := image.Image{Ref: "registry.example.com/api:pr-1", Program: "/bin/sh"}.Write(filepath.Join(t.TempDir(), "image.tar"))
	if err == nil || !strings.Contains(err.Error(), "CGO_ENABLED=0") {
		t.Errorf("the error is %v, and does not say how to build it", err)
	}
}

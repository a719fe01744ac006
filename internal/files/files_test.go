package files

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// write writes a file below a folder.
func write(t *testing.T, folder, name, text string) {
	t.Helper()
	name = filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func link(t *testing.T, to, name string) {
	t.Helper()
	if err := os.Symlink(to, name); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, path string) *Folder {
	t.Helper()
	folder, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// says fails unless an error has the words.
func says(t *testing.T, claim string, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("%s: %v does not say %q", claim, err, words)
	}
}

func TestNothingIsReadThatIsNotInTheFolder(t *testing.T) {
	outside, inside := t.TempDir(), t.TempDir()
	write(t, outside, "secret", "secret")
	write(t, inside, "a/file", "text")
	link(t, filepath.Join(outside, "secret"), filepath.Join(inside, "link"))
	link(t, outside, filepath.Join(inside, "folder"))
	link(t, filepath.Join("..", filepath.Base(outside)), filepath.Join(inside, "relative"))
	link(t, "link", filepath.Join(inside, "twice"))
	link(t, "a", filepath.Join(inside, "b"))
	for _, name := range []string{"link", "folder/secret", "relative/secret", "twice", "../" + filepath.Base(outside) + "/secret", outside + "/secret", "a/../../x"} {
		_, err := open(t, inside).Read(name)
		says(t, name, err, "out of the folder")
	}
	if text, err := open(t, inside).Read("b/file"); err != nil || string(text) != "text" {
		t.Errorf("through a link that stays inside: %q, %v", text, err)
	}
	err := open(t, inside).Walk(".", func(name string, _ fs.DirEntry) error {
		if strings.Contains(name, "secret") {
			return fmt.Errorf("%s was visited", name)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoFileIsNotWaitedFor(t *testing.T) {
	folder := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(folder, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	var listen net.ListenConfig
	socket, err := listen.Listen(t.Context(), "unix", filepath.Join(folder, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close() //nolint:errcheck // the test is over
	write(t, folder, "large", "")
	if err := os.Truncate(filepath.Join(folder, "large"), MaxFile+1); err != nil {
		t.Fatal(err)
	}
	for name, words := range map[string]string{"pipe": "is a pipe", "socket": "is a socket", "large": "larger than 10 MiB", ".": "is a folder", "none": "no such file"} {
		_, err := Read(filepath.Join(folder, name))
		says(t, name, err, words)
		_, err = open(t, folder).Read(name)
		says(t, name+" in a folder", err, words)
	}
	_, err = Read("/dev/zero")
	says(t, "a device", err, "is a device")
}

func TestNothingIsWrittenThroughALink(t *testing.T) {
	folder := t.TempDir()
	write(t, folder, "file", "before")
	link(t, "file", filepath.Join(folder, "link"))
	says(t, "a link", Replace(filepath.Join(folder, "link"), []byte("after")), "nothing is written through one")
	if text, err := os.ReadFile(filepath.Join(folder, "file")); err != nil || string(text) != "before" {
		t.Errorf("the file is %q, %v", text, err)
	}
	if err := Replace(filepath.Join(folder, "file"), []byte("after")); err != nil {
		t.Error(err)
	}
}

func TestAFolderHasBounds(t *testing.T) {
	root := t.TempDir()
	write(t, root, strings.Repeat("d/", MaxDepth+1)+"file", "")
	pass := func(string, fs.DirEntry) error { return nil }
	says(t, "too deep", open(t, root).Walk(".", pass), "more than 64 folders")
	_, err := open(t, root).Read(strings.Repeat("d/", MaxDepth+1) + "file")
	says(t, "a file that is too deep", err, "more than 64 folders")

	root = t.TempDir()
	for i := range 10 {
		write(t, root, fmt.Sprintf("%d/file", i), strings.Repeat("x", 100))
	}
	folder := open(t, root)
	folder.maxSeen = 15
	says(t, "too many", folder.Walk(".", pass), "more than 15 files")
	folder = open(t, root)
	folder.maxRead = 250
	_, err = folder.Read("0/file")
	if err == nil {
		_, err = folder.Read("1/file")
	}
	if err != nil {
		t.Error(err)
	}
	_, err = folder.Read("2/file")
	says(t, "too much", err, "as much as is read of a folder")
}

package release

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
)

// file is one file of an archive.
type file struct {
	name string
	mode int64
	data []byte
}

// archive packs files in their order, all of the time of the release.
func (s Spec) archive(path string, files []file) error {
	var out bytes.Buffer
	packed := gzip.NewWriter(&out)
	writer := tar.NewWriter(packed)
	for _, one := range files {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: one.name, Mode: one.mode, Size: int64(len(one.data)), ModTime: s.Created}
		if err := writer.WriteHeader(header); err != nil {
			return err
		}
		if _, err := writer.Write(one.data); err != nil {
			return err
		}
	}
	if err := errors.Join(writer.Close(), packed.Close()); err != nil {
		return err
	}
	return os.WriteFile(path, out.Bytes(), 0o600)
}

// unpack reads an archive, and returns its files by name.
func unpack(path string) (map[string]file, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // it was only read
	packed, err := gzip.NewReader(in)
	if err != nil {
		return nil, fmt.Errorf("unpacking %s: %w", path, err)
	}
	files := map[string]file{}
	for reader := tar.NewReader(packed); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("unpacking %s: %w", path, err)
		}
		data, err := io.ReadAll(reader)
		if err != nil {
			return nil, fmt.Errorf("unpacking %s: %w", path, err)
		}
		files[header.Name] = file{name: header.Name, mode: header.Mode, data: data}
	}
}

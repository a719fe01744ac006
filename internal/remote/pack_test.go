package remote

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1" //nolint:gosec // it is what git has
	"encoding/binary"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
)

// packed writes a pack of a blob and of what differs from it.
func packed(t *testing.T, count uint32, delta []byte) []byte {
	t.Helper()
	out := bytes.NewBufferString("PACK")
	for _, n := range []uint32{2, count} {
		_ = binary.Write(out, binary.BigEndian, n) // memory takes all
	}
	write := func(head []byte, text []byte) {
		out.Write(head)
		z := zlib.NewWriter(out)
		if _, err := z.Write(text); err != nil {
			t.Fatal(err)
		}
		_ = z.Close() // memory takes all
	}
	write([]byte{3<<4 | 1}, []byte("x"))
	base := plumbing.ComputeHash(plumbing.BlobObject, []byte("x"))
	write(append([]byte{7<<4 | byte(len(delta))}, base[:]...), delta) //nolint:gosec // it is less than 16
	sum := sha1.Sum(out.Bytes())                                      //nolint:gosec // it is what git has
	return append(out.Bytes(), sum[:]...)
}

func TestAPackIsNotUnpackedToMoreThanItsBound(t *testing.T) {
	huge := binary.AppendUvarint([]byte{1}, 1<<40)
	for claim, it := range map[string]struct {
		pack []byte
		why  string
	}{
		"a few bytes that come to a terabyte": {packed(t, 2, append(huge, 0x90, 1)), "comes to more than"},
		"more objects than anybody has":       {packed(t, 1<<31, []byte{1, 1, 0x90, 1}), "more than 200000"},
		"a size that is none":                 {packed(t, 2, bytes.Repeat([]byte{0xff}, 14)), "cannot be read"},
		"no text":                             {packed(t, 2, nil), "cannot be read"},
		"half a pack":                         {packed(t, 2, []byte{1, 1, 0x90, 1})[:20], ""},
		"nothing":                             {nil, ""},
	} {
		_, err := New(nil).unpack(bytes.NewReader(it.pack), plumbing.ZeroHash)
		if err == nil || !strings.Contains(err.Error(), it.why) {
			t.Errorf("%s: %v does not say %q", claim, err, it.why)
		}
	}
}

func TestAFolderOfGitIsReadWholeOrNotAtAll(t *testing.T) {
	for _, text := range []string{"x", "100644 name", "100644 name\x00short", "noname\x00" + strings.Repeat("x", 20)} {
		if out, err := read([]byte(text)); err == nil {
			t.Errorf("%q is %v", text, out)
		}
	}
}

package remote

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
)

// object is a file, a folder, a commit or a tag.
type object struct {
	kind plumbing.ObjectType
	text []byte
}

// unpacking is a pack that is being unpacked. What its objects come to is known
// before each is: a pack of a few bytes can come to any size.
type unpacking struct {
	fetcher  *Fetcher
	byOffset map[int64]object
	byHash   map[plumbing.Hash]object
}

// unpack reads a pack, and returns the folder of the commit in it.
func (f *Fetcher) unpack(from io.Reader, wanted plumbing.Hash) (*tree, error) {
	pack, err := io.ReadAll(from) // as much as the budget has
	if err != nil {
		return nil, err
	}
	u := &unpacking{fetcher: f, byOffset: map[int64]object{}, byHash: map[plumbing.Hash]object{}}
	scanner := packfile.NewScanner(bytes.NewReader(pack))
	_, count, err := scanner.Header()
	if err != nil {
		return nil, err
	}
	if count > maxObjects {
		return nil, fmt.Errorf("it has more than %d files, folders and commits, which is as many as are fetched", maxObjects)
	}
	var later []delta
	for range count {
		more, err := u.next(scanner)
		if err != nil {
			return nil, err
		}
		later = append(later, more...)
	}
	if err := u.resolve(later); err != nil {
		return nil, err
	}
	root, err := rootOf(u.byHash, wanted)
	return &tree{root: root, objects: u.byHash, folders: map[plumbing.Hash]map[string]entry{}}, err
}

// delta is an object that is told as what differs from another one.
type delta struct {
	header *packfile.ObjectHeader
	text   []byte
}

// next reads an object. One whose base has not come yet is returned.
func (u *unpacking) next(scanner *packfile.Scanner) ([]delta, error) {
	header, err := scanner.NextObjectHeader()
	if err != nil {
		return nil, err
	}
	if err := u.spend(uint64(header.Length)); err != nil { //nolint:gosec // what is negative is too large
		return nil, err
	}
	var text bytes.Buffer
	if _, _, err := scanner.NextObject(&text); err != nil {
		return nil, err
	}
	if !header.Type.IsDelta() {
		u.keep(header.Offset, object{header.Type, text.Bytes()})
		return nil, nil
	}
	it := delta{header, text.Bytes()}
	if done, err := u.apply(it); done || err != nil {
		return nil, err
	}
	return []delta{it}, nil
}

// spend counts what an object comes to.
func (u *unpacking) spend(n uint64) error {
	most := u.fetcher.Limits.Unpacked
	if n > uint64(most-u.fetcher.unpacked) { //nolint:gosec // it is no more than the limit
		return fmt.Errorf("it comes to more than %d MiB, which is as much as all repositories together may: copy what is needed into the repository", most>>20)
	}
	u.fetcher.unpacked += int64(n) //nolint:gosec // it is no larger than that
	return nil
}

func (u *unpacking) keep(offset int64, it object) {
	u.byOffset[offset] = it
	u.byHash[plumbing.ComputeHash(it.kind, it.text)] = it
}

// apply makes an object of its base, when that is there.
func (u *unpacking) apply(it delta) (bool, error) {
	base, there := u.byOffset[it.header.OffsetReference]
	if it.header.Type == plumbing.REFDeltaObject {
		base, there = u.byHash[it.header.Reference]
	}
	if !there {
		return false, nil
	}
	_, n := binary.Uvarint(it.text)
	size, m := binary.Uvarint(it.text[max(n, 0):])
	if n <= 0 || m <= 0 {
		return false, errors.New("the pack cannot be read")
	}
	if err := u.spend(size); err != nil {
		return false, err
	}
	text, err := packfile.PatchDelta(base.text, it.text)
	if err != nil {
		return false, err
	}
	u.keep(it.header.Offset, object{base.kind, text})
	return true, nil
}

// maxRounds is how often what is left is gone through. A server that writes bases
// first needs one.
const maxRounds = 64

// resolve makes what is left, as long as there is a base for any of it.
func (u *unpacking) resolve(later []delta) error {
	for round := 0; len(later) > 0; round++ {
		var still []delta
		for _, it := range later {
			done, err := u.apply(it)
			if err != nil {
				return err
			}
			if !done {
				still = append(still, it)
			}
		}
		if len(still) == len(later) || round == maxRounds {
			return errors.New("the pack is not whole")
		}
		later = still
	}
	return nil
}

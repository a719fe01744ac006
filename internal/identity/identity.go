// Package identity gives names ids: short numbers that go into the names of
// Kubernetes objects, and so must neither change while their name lives, nor
// be shared.
//
//	ids, collisions := identity.Assign([]string{"v1.2.0", "v2.0.1"}, nil, identity.Checksum)
//	// ids: v1.2.0 → 93913446, v2.0.1 → 93913446-13cac872; collisions: one, of v2.0.1
//
// It promises two things, whatever other names come, go, or change places: an
// id that was given stays, and no two names have the same. There is no hidden
// state: what was given before is read from the status that it was written to.
package identity

import (
	"crypto/sha256"
	"fmt"
	"hash/adler32"
	"slices"
	"strconv"

	"github.com/eddy-previews/eddy/internal/few"
)

// Hash writes a name as a decimal number.
type Hash func(name string) string

// Checksum returns the Adler-32 checksum of a text in decimal.
func Checksum(text string) string {
	return strconv.FormatUint(uint64(adler32.Checksum([]byte(text))), 10)
}

// Spread returns the checksum of a text's SHA-256 in hexadecimal. Adler-32 adds
// bytes up: of 10,000 short names that differ in a few digits, 7,000 share a
// number with another; of their digests, about ten do.
func Spread(text string) string { return Checksum(digest(text)) }

// digest returns the SHA-256 of a text in hexadecimal.
func digest(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) }

// suffixStep is how many digits of its digest tell a name from one that has the
// same number; where they do not, twice as many, and so on.
const suffixStep = 8

// candidates lists the ids that a name can have, the best first: its number,
// then its number with more and more of its digest.
func candidates(name string, hash Hash) []string {
	number, sum := hash(name), digest(name)
	out := []string{number}
	for n := suffixStep; n <= len(sum); n += suffixStep {
		out = append(out, number+"-"+sum[:n])
	}
	return out
}

// Fits reports whether id is one that a name can have.
func Fits(id, name string, hash Hash) bool {
	return slices.Contains(candidates(name, hash), id)
}

// Collision is a name whose number another name had already.
type Collision struct {
	// Name that did not get its number, and the ID that it has instead.
	Name, ID string
	// With is the name that has the number.
	With string
}

// String says it to a person.
func (c Collision) String() string {
	return fmt.Sprintf("%q has the id %s, as %q has the one that both would have", c.Name, c.ID, c.With)
}

// Assign returns the id of each name. Before says what ids were given before;
// what it says of other names, or an id that its name cannot have, is nothing
// to go by.
//
//	before       the number is    result
//	has an id    any              keeps it
//	none         free             gets the number; of several, the smallest name
//	none         taken            gets the number with a suffix, and is a collision
func Assign(names []string, before map[string]string, hash Hash) (map[string]string, []Collision) {
	sorted := slices.Compact(slices.Sorted(slices.Values(names)))
	ids, holders := make(map[string]string, len(sorted)), make(map[string]string, len(sorted))
	give := func(name, id string) bool {
		_, taken := holders[id]
		if !taken {
			ids[name], holders[id] = id, name
		}
		return !taken
	}
	var newcomers []string
	for _, name := range sorted {
		if id := before[name]; !Fits(id, name, hash) || !give(name, id) {
			newcomers = append(newcomers, name)
		}
	}
	var collisions []Collision
	for _, name := range newcomers {
		possible := candidates(name, hash)
		n := slices.IndexFunc(possible, func(id string) bool { return give(name, id) })
		if n > 0 {
			collisions = append(collisions, Collision{Name: name, ID: possible[n], With: holders[possible[0]]})
		}
	}
	return ids, collisions
}

// told is how many collisions are told one by one.
const told = 5

// Tell says to a person what collided; "" when nothing did.
func Tell(collisions []Collision) string {
	return few.Each(collisions, told, "\n", Collision.String)
}

package input

import "fmt"

// distinct refuses each set whose key is that of one before it: two would be one
// preview. The first keeps the key; the others are told by their position, and
// say whose id they have, and fail alone.
//
//	prs/7    the first
//	prs/7#2  the second of prs, has the id 7 too
func distinct(sets []Set) []Set {
	first := make(map[string]Set, len(sets))
	for _, set := range sets {
		if _, taken := first[set.Key()]; !taken {
			first[set.Key()] = set
		}
	}
	seen := make(map[string]bool, len(sets))
	for n := range sets {
		set := &sets[n]
		if key := set.Key(); !seen[key] {
			seen[key] = true
			continue
		}
		set.refuse(first[set.Key()])
		for seen[set.Key()] || isKeyOfAnother(first, *set) {
			set.label += fmt.Sprintf("#%d", set.Index+1)
		}
		seen[set.Key()] = true
	}
	return sets
}

func isKeyOfAnother(first map[string]Set, set Set) bool {
	_, taken := first[set.Key()]
	return taken
}

// refuse says that another set has the key of this one.
func (s *Set) refuse(first Set) {
	of := first.Provider.String()
	if first.Provider == s.Provider {
		of = "the same"
	}
	s.Err = fmt.Errorf("it would be the preview %s, as input %d of %s is: give it an id of its own, or rename what it is from", s.Key(), first.Index+1, of)
	s.label = fmt.Sprintf("%s#%d", s.Label(), s.Index+1)
}

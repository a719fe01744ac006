package source

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAllListingsThatAreKeptHaveABoundTogether(t *testing.T) {
	now := time.Now()
	l := &listings{now: func() time.Time { now = now.Add(time.Millisecond); return now }, known: map[by[listing]]*flight{}, most: 100 << 10}
	key := func(n int) by[listing] { return by[listing]{about: listing{url: fmt.Sprint(n)}} }
	begun, _ := l.join(key(-1), now) // somebody asks meanwhile
	for n := range 100 {
		flight, ours := l.join(key(n), now)
		if !ours {
			t.Fatal("it is another's")
		}
		l.fly(key(n), flight, func() ([]Item, error) { return []Item{{Title: strings.Repeat("x", 10<<10)}}, nil })
		if len(flight.items) != 1 {
			t.Fatal("who has asked has nothing")
		}
	}
	if len(l.known) > 11 || l.known[key(99)] == nil || l.known[key(0)] != nil || l.known[key(-1)] != begun {
		t.Errorf("%d are kept", len(l.known))
	}
	flight, _ := l.join(key(100), now)
	l.fly(key(100), flight, func() ([]Item, error) { return []Item{{Title: strings.Repeat("x", 200<<10)}}, nil })
	if len(l.known) != 1 || len(flight.items) != 1 {
		t.Errorf("beside one that is larger than all may be, %d are kept", len(l.known))
	}
}

package source

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/transport"
)

// Whoever adds a cache meets this test: a map that does not say by which way
// its values came lets the one at the end of it decide for others.
func TestAllThatProvidersShareIsKeptByWhoAskedAndByWhichWay(t *testing.T) {
	found := 0
	var visit func(path string, of reflect.Type)
	visit = func(path string, of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer:
			visit(path, of.Elem())
		case reflect.Struct:
			if !strings.Contains(of.PkgPath(), "/internal/") {
				return
			}
			for n := range of.NumField() {
				if field := of.Field(n); field.Name != "calls" { // counters decide nothing
					visit(path+"."+field.Name, field.Type)
				}
			}
		case reflect.Map:
			found++
			if !strings.HasPrefix(of.Key().Name(), "By[") {
				t.Errorf("%s has the key %s, and not who asked", path, of.Key())
			}
		default:
		}
	}
	visit("Shared", reflect.TypeFor[Shared]())
	if found < 5 {
		t.Errorf("only %d maps were looked at", found)
	}
}

func TestAllListingsThatAreKeptHaveABoundTogether(t *testing.T) {
	now := time.Now()
	l := &listings{now: func() time.Time { now = now.Add(time.Millisecond); return now }, known: map[transport.By[listing]]*flight{}, most: 100 << 10}
	key := func(n int) transport.By[listing] { return transport.By[listing]{About: listing{url: fmt.Sprint(n)}} }
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

package source

import "testing"

func TestWhatIsKeptIsBoundedAndTheLeastUsedGoesFirst(t *testing.T) {
	l := newLRU[string, int](1000)
	for n, name := range []string{"a", "b", "c"} {
		l.put(name, n, 300)
	}
	l.get("a")
	l.put("d", 3, 300)
	for name, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if _, there := l.get(name); there != want {
			t.Errorf("%s is there: %v, want %v", name, there, want)
		}
	}
	l.put("d", 4, 400)
	if value, _ := l.get("d"); value != 4 || l.size != 1000 || len(l.known) != l.order.Len() {
		t.Errorf("d is %d; %d in %d values", value, l.size, len(l.known))
	}
	l.put("huge", 5, 1001)
	if _, there := l.get("huge"); there || len(l.known) != 3 {
		t.Error("what fits nowhere took the place of others")
	}
}

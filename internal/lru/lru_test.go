package lru

import "testing"

func TestWhatIsKeptIsBoundedAndTheLeastUsedGoesFirst(t *testing.T) {
	l := New[string, int](1000)
	for n, name := range []string{"a", "b", "c"} {
		l.Put(name, n, 300)
	}
	l.Get("a")
	l.Put("d", 3, 300)
	for name, want := range map[string]bool{"a": true, "b": false, "c": true, "d": true} {
		if _, there := l.Get(name); there != want {
			t.Errorf("%s is there: %v, want %v", name, there, want)
		}
	}
	l.Put("d", 4, 400)
	if value, _ := l.Get("d"); value != 4 || l.size != 1000 || len(l.known) != l.order.Len() {
		t.Errorf("d is %d; %d in %d values", value, l.size, len(l.known))
	}
	l.Put("huge", 5, 1001)
	if _, there := l.Get("huge"); there || len(l.known) != 3 {
		t.Error("what fits nowhere took the place of others")
	}
}

package forge_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/forge"
)

// slow is a forge that takes a while to tell of a change.
type slow struct {
	takes time.Duration
	asked int
	fails error
}

func (s *slow) Files(ctx context.Context, _ forge.Item) ([]string, error) {
	s.asked++
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-time.After(s.takes):
		return []string{"a.go"}, s.fails
	}
}

func TestWhatManyRequestsChangeIsAskedForAsLongAsTheRunHasTimeForTheRest(t *testing.T) {
	var items []forge.Item
	for n := range 50 {
		items = append(items, forge.Item{ID: fmt.Sprint(n), SHA: "a"})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	asked := &slow{takes: 50 * time.Millisecond}
	found, err := forge.Touches(ctx, asked, items)
	if err != nil || len(found) != 50 || ctx.Err() != nil || asked.asked > 20 {
		t.Fatalf("of %d, asked %d times: %v, %v", len(found), asked.asked, err, ctx.Err())
	}
	if first, last := found[items[0].Change()], found[items[49].Change()]; first.Why != nil || len(first.Files) != 1 || !errors.Is(last.Why, forge.ErrNotComputed) {
		t.Errorf("the first is %+v, the last %+v", first, last)
	}
	if _, err := forge.Touches(ctx, &slow{fails: errors.New("503")}, items); err == nil {
		t.Error("an error of the forge is none")
	}
}

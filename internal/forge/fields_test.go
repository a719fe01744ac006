package forge_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/eddy-previews/eddy/internal/forge"
)

// Whoever adds a text to Item meets this test.
func TestEveryTextOfAnItemHasABoundAndASize(t *testing.T) {
	of := reflect.TypeFor[forge.Item]()
	for n := range of.NumField() {
		if of.Field(n).Type.Kind() != reflect.String {
			continue
		}
		var item forge.Item
		reflect.ValueOf(&item).Elem().Field(n).SetString(strings.Repeat("x", forge.MaxText+1))
		if size := item.Size(); size < forge.MaxText {
			t.Errorf("an item with a long %s takes %d bytes", of.Field(n).Name, size)
		}
		if item.Bounded().Refused == nil {
			t.Errorf("a long %s is not refused", of.Field(n).Name)
		}
	}
}

func TestWhatAForgeDoesNotTellIsNotExported(t *testing.T) {
	told := func(item forge.Item) map[string]any {
		out := map[string]any{}
		for _, field := range forge.Fields() {
			if value, ok := field.Of(item); ok {
				out[field.Name] = value
			}
		}
		return out
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	for name, c := range map[string]struct {
		item forge.Item
		want map[string]any
	}{
		"nothing":   {forge.Item{}, map[string]any{"id": ""}},
		"a branch":  {forge.BranchItem("main", "c0ffee"), map[string]any{"id": "", "sha": "c0ffee", "branch": "main"}},
		"a tag":     {forge.TagItem("v1", "c0ffee"), map[string]any{"id": "", "sha": "c0ffee", "tag": "v1"}},
		"a request": {forge.Item{ID: "7", SHA: "c0ffee"}, map[string]any{"id": "7", "sha": "c0ffee", "fork": false, "draft": false}},
		"labels":    {forge.Item{ID: "7", Labels: []string{"a"}, UpdatedAt: at}, map[string]any{"id": "7", "labels": []string{"a"}, "updatedAt": "2026-01-02T02:04:05Z"}},
	} {
		if got := told(c.item); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

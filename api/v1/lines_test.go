package v1_test

import (
	"encoding/json"
	"strings"
	"testing"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

func TestAStatusOfAnotherFormKeepsNobodyFromReadingTheOthers(t *testing.T) {
	for name, c := range map[string]struct {
		status            string
		previews, entries int
		says              string
	}{
		"as it is written": {
			`{"previews": [{"id": "7", "provider": "prs"}], "inventory": {"entries": [{"id": "a_b__ConfigMap", "v": "v1"}]}}`, 1, 1, "a_b__ConfigMap",
		},
		"a text in place of the lines":        {`{"previews": "none"}`, 0, 0, ""},
		"a number in a line":                  {`{"previews": [{"id": 7}]}`, 0, 0, ""},
		"a text in place of the inventory":    {`{"inventory": {"entries": "none"}}`, 0, 1, "is not a list of objects"},
		"a number in a line of the inventory": {`{"inventory": {"entries": [{"id": "a_b__ConfigMap", "v": 1}]}}`, 0, 1, "is not a list of objects"},
	} {
		t.Run(name, func(t *testing.T) {
			var sets v1.ResourceSetList
			text := `{"items": [{"metadata": {"name": "odd"}, "status": ` + c.status + `}, {"metadata": {"name": "another"}}]}`
			if err := json.Unmarshal([]byte(text), &sets); err != nil {
				t.Fatal(err)
			}
			status, entries := sets.Items[0].Status, v1.ResourceRefs(nil)
			if status.Inventory != nil {
				entries = status.Inventory.Entries
			}
			if len(sets.Items) != 2 || len(status.Previews) != c.previews || len(entries) != c.entries {
				t.Fatalf("it reads %d sets, the previews %v and the inventory %v", len(sets.Items), status.Previews, entries)
			}
			if c.entries > 0 && !strings.Contains(entries[0].ID, c.says) {
				t.Errorf("the inventory is %v", entries)
			}
		})
	}
}

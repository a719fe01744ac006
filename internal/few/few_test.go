package few_test

import (
	"strconv"
	"testing"

	"github.com/eddy-previews/eddy/internal/few"
)

func TestTheFirstAreListedAndTheRestCounted(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{few.Of(nil, 2, ", "), ""},
		{few.Of([]string{"a", "b"}, 2, ", "), "a, b"},
		{few.Of([]string{"a", "b", "c", "d"}, 2, ", "), "a, b and 2 more"},
		{few.Of([]string{"a", "b", "c"}, 2, "\n"), "a\nb\nand 1 more"},
		{few.Each([]int{1, 2}, 2, "; ", strconv.Itoa), "1; 2"},
		{few.Each([]int{1, 2, 3}, 2, "; ", strconv.Itoa), "1; 2; and 1 more"},
	} {
		if test.got != test.want {
			t.Errorf("got %q, want %q", test.got, test.want)
		}
	}
}

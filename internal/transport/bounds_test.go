package transport_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/transport"
	"github.com/eddy-previews/eddy/test/forge"
)

// listOf is a list of so many of the same.
func listOf(count int, each string) string {
	return "[" + strings.Repeat(each+",", count-1) + each + "]"
}

func TestWhatAnAnswerTakesOnceItIsReadHasABound(t *testing.T) {
	fields := func(count int) string {
		var text strings.Builder
		for n := range count {
			fmt.Fprintf(&text, `,"%x":1`, n)
		}
		return `{"id":1` + text.String() + "}"
	}
	for claim, c := range map[string]struct {
		text string
		is   bool
	}{
		"objects":                             {listOf(100_000, "{}"), true},
		"half as many, with their commas":     {listOf(60_000, "{}"), false},
		"lists":                               {listOf(100_000, "[]"), true},
		"numbers, which may be for objects":   {listOf(200_000, "0"), true},
		"nulls":                               {listOf(200_000, "null"), true},
		"texts":                               {listOf(200_000, `""`), true},
		"texts as large as the tags of a CI":  {listOf(100_000, `"sha-6dcb09b5b57875f334f61aebed695e2e4193db5e"`), false},
		"lists within lists":                  {strings.Repeat("[", 9_000) + listOf(150_000, "1") + strings.Repeat("]", 9_000), true},
		"a list behind an object":             {`[{"a":{"b":[]}},` + listOf(150_000, "1") + "]", true},
		"a list behind a text that it is not": {`["\\",` + listOf(150_000, "1") + "]", true},
		"fields":                              {fields(800_000), true},
		"fewer of them":                       {fields(400_000), false},
		"a text of braces, quotes and commas": {`["` + strings.Repeat(`{[,\",`, 9<<20/6) + `"]`, false},
		"many of them":                        {listOf(9_000, `{"body": "`+strings.Repeat(`,{\"[\\`, 100)+`"}`), false},
	} {
		t.Run(claim, func(t *testing.T) {
			f := newListener(t)
			f.answer = says(http.StatusOK, c.text)
			err := f.tell(http.MethodGet, "", nil)
			if c.is != errors.Is(err, transport.ErrTooMuch) || !c.is && err != nil {
				t.Errorf("of %d KiB: %v", len(c.text)>>10, err)
			}
			if c.is && err != nil && !strings.Contains(err.Error(), "the answer takes more than 64 MiB once it is read") {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func TestMoreThanAPageOfAnyDocumentedAnswerIsRead(t *testing.T) {
	names := forge.Examples()
	if len(names) < 20 {
		t.Fatal(names)
	}
	for _, name := range names {
		text := forge.Example(name)
		f := newListener(t)
		f.answer = says(http.StatusOK, listOf(1+4<<20/len(text), string(text)))
		if err := f.tell(http.MethodGet, "", nil); err != nil {
			t.Errorf("4 MiB of %s: %v", name, err)
		}
	}
}

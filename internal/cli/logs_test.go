package cli

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestALineWithoutEndIsNotKept(t *testing.T) {
	from := bufio.NewReaderSize(strings.NewReader(strings.Repeat("x", 3*longestLine)+"\nend"), longestLine)
	var all int
	for {
		line, err := readLine(from)
		if len(line) > longestLine {
			t.Fatalf("a line has %d bytes", len(line))
		}
		all += len(line)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if all != 3*longestLine+4 {
		t.Errorf("%d bytes were read", all)
	}
}

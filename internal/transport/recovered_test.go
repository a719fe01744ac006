package transport_test

import (
	"errors"
	"testing"

	"github.com/eddy-previews/eddy/internal/transport"
)

func TestAPanicOverAnAnswerIsAnErrorOfThatAnswer(t *testing.T) {
	if got, err := transport.Recovered(func() (int, error) { return 7, nil }); got != 7 || err != nil {
		t.Errorf("read %d, %v", got, err)
	}
	var nobody *struct{ Login string }
	_, err := transport.Recovered(func() (string, error) { return nobody.Login, nil })
	if !errors.Is(err, transport.ErrInvalidAnswer) {
		t.Errorf("read: %v", err)
	}
}

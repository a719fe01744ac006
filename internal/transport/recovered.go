package transport

import "fmt"

// Recovered reads what others answer, and makes an ErrInvalidAnswer of a panic: a forge's
// library may meet what no forge ever says, and in a goroutine of its own, where nobody
// recovers, that ends the program for everybody.
func Recovered[T any](read func() (T, error)) (out T, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &Error{What: fmt.Sprintf("reading it failed (%v)", cause), Kind: ErrInvalidAnswer}
		}
	}()
	return read()
}

package transport

// Recovered reads what others answer, and makes an ErrInvalidAnswer of a panic: a forge's
// library may meet what no forge ever says, and in a goroutine of its own, where nobody
// recovers, that ends the program for everybody.
func Recovered[T any](read func() (T, error)) (out T, err error) {
	defer func() {
		if recover() != nil { // the cause may repeat what was answered
			err = &Error{What: "an answer that breaks whoever reads it", Kind: ErrInvalidAnswer}
		}
	}()
	return read()
}

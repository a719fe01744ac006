package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// Forward takes connections at one address and hands them on to another, until
// the context ends. It gives the node a way to the API server, which listens
// on 127.0.0.1 alone.
func Forward(ctx context.Context, from, to string) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", from)
	if err != nil {
		return fmt.Errorf("listening for the node: %w", err)
	}
	context.AfterFunc(ctx, func() {
		// Accept returns; what is still open goes with the process.
		_ = listener.Close()
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				go handOn(ctx, conn, to)
			}
		}
	}()
	return nil
}

// handOn copies both ways until both sides are done. Errors need no word: each
// side sees its connection end.
func handOn(ctx context.Context, client net.Conn, to string) {
	defer func() { _ = client.Close() }() // its end is all that it tells
	server, err := (&net.Dialer{}).DialContext(ctx, "tcp", to)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }() // as above
	var both sync.WaitGroup
	both.Go(func() { copyHalf(server, client) })
	both.Go(func() { copyHalf(client, server) })
	both.Wait()
}

// copyHalf copies one way, and then tells the receiver that no more comes.
func copyHalf(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	if half, ok := to.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}

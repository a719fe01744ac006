package source

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"
)

// Whoever adds a cache meets this test: a map that does not say by which way
// its values came lets the one at the end of it decide for others.
func TestAllThatProvidersShareIsKeptByWhoAskedAndByWhichWay(t *testing.T) {
	found := 0
	var visit func(path string, of reflect.Type)
	visit = func(path string, of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer:
			visit(path, of.Elem())
		case reflect.Struct:
			if !strings.Contains(of.PkgPath(), "internal/source") {
				return
			}
			for n := range of.NumField() {
				visit(path+"."+of.Field(n).Name, of.Field(n).Type)
			}
		case reflect.Map:
			found++
			if !strings.HasPrefix(of.Key().Name(), "by[") {
				t.Errorf("%s has the key %s, and not who asked", path, of.Key())
			}
		default:
		}
	}
	clients := reflect.TypeFor[Clients]()
	for n := range clients.NumField() {
		// Counters decide nothing.
		if field := clients.Field(n); field.Name != "calls" {
			visit("Clients."+field.Name, field.Type)
		}
	}
	if found < 5 {
		t.Errorf("only %d maps were looked at", found)
	}
}

func TestTheWayOfAllOutlastsThoseThatAreMade(t *testing.T) {
	clients := NewClients(time.Now, LocalNetworks())
	direct := clients.ways.of(Config{})
	own := clients.ways.of(Config{TLS: &tls.Config{ServerName: "own.example.com", MinVersion: tls.VersionTLS12}})
	for n := range 3 * maxWays {
		clients.ways.of(Config{Proxy: &url.URL{Scheme: "http", Host: fmt.Sprintf("proxy-%d.example.com", n)}})
	}
	if clients.ways.of(Config{}) != direct {
		t.Error("the way of all was forgotten")
	}
	if len(clients.ways.known) > maxWays {
		t.Errorf("%d ways are kept", len(clients.ways.known))
	}
	if clients.ways.of(Config{TLS: own.tls}) == own {
		t.Error("nothing was forgotten")
	}
}

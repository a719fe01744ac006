// Package faults holds what must not be lost whatever happens to the operator,
// the API server and etcd: see its tests.
package faults

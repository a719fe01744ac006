package schema

// FluxKinds are those of Flux, for tests.
var FluxKinds = fluxKinds

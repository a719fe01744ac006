package render

// Functions is functions, for the tests.
var Functions = functions

// Mark is how the marks of a program begin, which nobody else may know.
func Mark(p *Program) string { return opening + p.engine.seal }

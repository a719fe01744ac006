package render

// Functions is functions, for the tests.
var Functions = functions

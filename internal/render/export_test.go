package render

// Functions is functions, for the tests.
var Functions = functions

// Mark is how the marks of a program begin, which nobody else may know.
func Mark(p *Program) string { return opening + p.engine.seal }

// Remembered is how many bytes the texts have whose shapes a program keeps.
func Remembered(p *Program) int {
	total := 0
	for _, step := range p.steps {
		for _, one := range step.items {
			for text := range textOf(one).shapes {
				total += len(text)
			}
		}
	}
	return total
}

func textOf(one item) *text {
	if resource, ok := one.(*resource); ok {
		return resource.text
	}
	return one.(*resourcesTemplate).text
}

// Held is how many outputs a program keeps of the last input set.
func Held(p *Program) int { return len(p.engine.outputs) + len(p.engine.values) }

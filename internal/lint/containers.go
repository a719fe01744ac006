package lint

import "strings"

// container is a container of an object's pods.
type container struct {
	object deployed
	// path of the container in the object.
	path  []any
	image string
}

// containers lists those of an object, init containers included.
func containers(object deployed) []container {
	template, path, ok := pods(object.Unstructured)
	if !ok {
		return nil
	}
	var out []container
	for _, field := range []string{"initContainers", "containers"} {
		list, _ := at(template, "spec", field).([]any)
		for n := range list {
			out = append(out, container{object, append(path[:len(path):len(path)], "spec", field, n), textAt(template, "spec", field, n, "image")})
		}
	}
	return out
}

// isOwn reports whether the image is the one that CI builds: its tag names the
// request or its commit. Others, a database's say, are the same in each preview.
func (c container) isOwn() bool {
	return strings.Contains(c.image, firstNumber) || strings.Contains(c.image, "c0ffee1a")
}

package lint

import "strings"

// container is a container of an object's pods, for two samples.
type container struct {
	pair
	// path of the container in the object.
	path []any
	// image that it runs, and other that of the other sample.
	image, other string
}

// containers lists those of the first object, init containers included.
func (p pair) containers() []container {
	template, path, _ := p.a.pods()
	var out []container
	for _, field := range []string{"initContainers", "containers"} {
		list, _ := at(template, "spec", field).([]any)
		for n := range list {
			c := container{pair: p, path: append(path[:len(path):len(path)], "spec", field, n)}
			c.image, c.other = textAt(p.a.Object, c.field("image")...), textAt(p.b.Object, c.field("image")...)
			out = append(out, c)
		}
	}
	return out
}

// field is the path of a field of the container.
func (c container) field(name string) []any { return extend(c.path, name) }

// isOwn reports whether the image is the one that CI builds: its tag names the
// request or its commit. Others, a database's say, are the same in each preview.
func (c container) isOwn() bool {
	return strings.Contains(c.image, firstNumber) || strings.Contains(c.image, "c0ffee1a")
}

// keepsTag reports whether a push leaves the name of an image as it is that CI
// builds anew.
func (c container) keepsTag() bool { return c.isOwn() && c.image == c.other }

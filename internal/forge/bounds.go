package forge

import "fmt"

const (
	// MaxText bounds a text of an item, in bytes: titles have up to 400
	// characters at the forges, and names of branches up to a kibibyte.
	MaxText = 4 << 10
	// maxLabels bounds the labels of an item; GitHub has up to 100.
	maxLabels = 256
)

// eachText calls a function for all texts of an item but its labels, until one is
// refused.
func (i Item) eachText(visit func(name, value string) error) error {
	for _, list := range [][]Field{fields, unexported} {
		for _, field := range list {
			if field.text == nil {
				continue
			}
			if err := visit(field.Name, field.text(i)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Bounded refuses an item with a field that is larger than any forge's. What
// filters go by is kept, so that the item is judged by what it is; what is only
// exported takes no place. Nothing is cut: half a name is another name.
func (i Item) Bounded() Item {
	why := i.tooLarge()
	if why == nil || i.Refused != nil {
		return i
	}
	i.Refused, i.Title, i.URL, i.Slug = why, "", "", ""
	return i
}

// tooLarge names the field that passes its bound; nil where none does.
func (i Item) tooLarge() error {
	err := i.eachText(func(name, value string) error {
		if len(value) > MaxText {
			return fmt.Errorf("%s takes %d bytes, and a text takes at most %d: shorten it at the forge", name, len(value), MaxText)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(i.Labels) > maxLabels {
		return fmt.Errorf("it has %d labels, and may have at most %d: take some off", len(i.Labels), maxLabels)
	}
	for n, label := range i.Labels {
		if len(label) > MaxText {
			return fmt.Errorf("labels[%d] takes %d bytes, and a text takes at most %d: shorten it at the forge", n, len(label), MaxText)
		}
	}
	return nil
}

// Size is about what an item takes in memory.
func (i Item) Size() int {
	const itself, perText = 400, 16
	size := itself
	_ = i.eachText(func(_, value string) error { size += len(value); return nil }) // none is refused
	for _, label := range i.Labels {
		size += len(label) + perText
	}
	for key, value := range i.Values {
		size += len(key) + perText
		if value != nil {
			size += len(value.Raw) + perText
		}
	}
	return size
}

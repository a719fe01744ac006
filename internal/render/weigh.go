package render

import (
	"reflect"
	"slices"
)

// What an item of a list and of a map takes, beside its value.
const (
	itemWeight  = 16
	entryWeight = 64
)

// weigh returns how many bytes a value takes when it is written down, as a tree:
// what two items share counts twice. It is an error where that is too many, or
// where the value is in itself.
func weigh(value reflect.Value) (int, error) {
	s := scale{left: maxValue}
	err := s.add(value, 0)
	return maxValue - s.left, err
}

// scale weighs.
type scale struct{ left int }

func (s *scale) add(value reflect.Value, depth int) error {
	if depth > maxDepth {
		return tooDeep()
	}
	switch value.Kind() {
	case reflect.String:
		s.left -= value.Len()
	case reflect.Interface, reflect.Pointer:
		return s.add(value.Elem(), depth) // an invalid value weighs nothing
	case reflect.Slice, reflect.Array:
		return s.addList(value, depth)
	case reflect.Map:
		return s.addMap(value, depth)
	default:
		s.left -= itemWeight / 2
	}
	return s.check()
}

func (s *scale) check() error {
	if s.left < 0 {
		return tooLarge()
	}
	return nil
}

func (s *scale) addList(value reflect.Value, depth int) error {
	n := value.Len()
	s.left -= n*itemWeight + 2*depth // as it is indented
	if err := s.check(); err != nil || isFlat(value.Type().Elem()) {
		return err
	}
	for i := range n {
		if err := s.add(value.Index(i), depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (s *scale) addMap(value reflect.Value, depth int) error {
	s.left -= value.Len() * (entryWeight + 2*depth)
	if err := s.check(); err != nil {
		return err
	}
	for of := value.MapRange(); of.Next(); {
		if err := s.add(of.Key(), depth+1); err != nil {
			return err
		}
		if err := s.add(of.Value(), depth+1); err != nil {
			return err
		}
	}
	return nil
}

// isFlat reports whether all values of a type are of one size.
func isFlat(of reflect.Type) bool {
	return of.Kind() > reflect.Invalid && of.Kind() <= reflect.Complex128
}

// lightly returns the weight of a value without that of its items.
func lightly(value reflect.Value) int {
	for value.Kind() == reflect.Interface || value.Kind() == reflect.Pointer {
		value = value.Elem()
	}
	switch value.Kind() {
	case reflect.String:
		return value.Len()
	case reflect.Slice, reflect.Array:
		return value.Len() * itemWeight
	case reflect.Map:
		return value.Len() * entryWeight
	default:
		return itemWeight / 2
	}
}

// isDeeper reports whether a JSON value nests deeper than that.
func isDeeper(value any, than int) bool {
	if than < 0 {
		return true
	}
	switch value := value.(type) {
	case map[string]any:
		for _, item := range value {
			if isDeeper(item, than-1) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(value, func(item any) bool { return isDeeper(item, than-1) })
	}
	return false
}

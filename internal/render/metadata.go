package render

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// checkMetadata refuses an object whose metadata the API server would: what is of
// another type than it has to be reads as if it were not there, and would be lost
// without a word. Null is nothing, there as here.
func checkMetadata(object map[string]any) error {
	if err := checkFields("", object, map[string]check{"apiVersion": aVersion, "kind": aText, "metadata": anObject}); err != nil {
		return err
	}
	metadata, _ := object["metadata"].(map[string]any) // or nothing
	return checkFields("metadata.", metadata, map[string]check{
		"name": aText, "generateName": aText, "namespace": aText, "uid": aText, "resourceVersion": aText, "selfLink": aText,
		"creationTimestamp": aText, "deletionTimestamp": aText,
		"generation": aNumber, "deletionGracePeriodSeconds": aNumber,
		"labels": ofTexts, "annotations": ofTexts, "finalizers": listOf(aText),
		"managedFields": listOf(anObject), "ownerReferences": listOf(anOwner),
	})
}

// check says what is wrong with the value of a field; nil when nothing is.
type check func(field string, value any) error

// checkFields checks what there is of some fields.
func checkFields(prefix string, object map[string]any, checks map[string]check) error {
	for _, name := range slices.Sorted(maps.Keys(checks)) {
		if value := object[name]; value != nil {
			if err := checks[name](prefix+name, value); err != nil {
				return err
			}
		}
	}
	return nil
}

func aText(field string, value any) error { return isA[string](field, value, "a text") }

func anObject(field string, value any) error { return isA[map[string]any](field, value, "a map") }

func aFlag(field string, value any) error { return isA[bool](field, value, "true or false") }

func aNumber(field string, value any) error { return isA[int64](field, value, "a whole number") }

func isA[T any](field string, value any, must string) error {
	if _, ok := value.(T); ok {
		return nil
	}
	return fmt.Errorf("has a %s that is %s: it must be %s", field, kindOf(value), must)
}

// kindOf names the type of a JSON value.
func kindOf(value any) string {
	switch value.(type) {
	case string:
		return "a text"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	default:
		return "a number"
	}
}

// ofTexts is for a map whose values are texts.
func ofTexts(field string, value any) error {
	if err := isA[map[string]any](field, value, "a map of texts"); err != nil {
		return err
	}
	texts, _ := value.(map[string]any) // it is one
	for _, key := range slices.Sorted(maps.Keys(texts)) {
		if _, ok := texts[key].(string); !ok && texts[key] != nil {
			return fmt.Errorf("has %s[%q] that is %s: it must be a text, in quotes", field, key, kindOf(texts[key]))
		}
	}
	return nil
}

// listOf is for a list whose items pass a check.
func listOf(item check) check {
	return func(field string, value any) error {
		list, ok := value.([]any)
		if !ok {
			return isA[[]any](field, value, "a list")
		}
		for n, one := range list {
			if err := item(fmt.Sprintf("%s[%d]", field, n), one); err != nil {
				return err
			}
		}
		return nil
	}
}

func anOwner(field string, value any) error {
	owner, ok := value.(map[string]any)
	if !ok {
		return anObject(field, value)
	}
	return checkFields(field+".", owner, map[string]check{
		"apiVersion": aText, "kind": aText, "name": aText, "uid": aText, "controller": aFlag, "blockOwnerDeletion": aFlag,
	})
}

// aVersion is VERSION or GROUP/VERSION.
func aVersion(field string, value any) error {
	text, ok := value.(string)
	if !ok {
		return aText(field, value)
	}
	parts := strings.Split(text, "/")
	if len(parts) > 2 || len(parts) == 2 && slices.Contains(parts, "") {
		return fmt.Errorf("has the %s %q: it must be VERSION, or GROUP/VERSION", field, text)
	}
	return nil
}

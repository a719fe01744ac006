package apply

import (
	"errors"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

func TestWhatIsSaidOfASecretDoesNotRepeatItsValues(t *testing.T) {
	secret := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "metadata": map[string]any{"name": "s"},
		"data":       map[string]any{"token": "aHVudGVyMg==", "broken": "correct horse"},
		"stringData": map[string]any{"pin": int64(123), "key": "-----BEGIN KEY-----\nc2VjcmV0bGluZQ\n-----END KEY-----\n", "list": []any{"in-a-list"}},
	}}
	for words, want := range map[string]string{
		`data[token]: Invalid value: "hunter2": too short`:                  `data[token]: Invalid value: (hidden): too short`,
		`admission webhook denied it: aHVudGVyMg== is hunter2`:              `admission webhook denied it: (hidden) is (hidden)`,
		`.stringData.pin: expected string, got &value.{Value:123}`:          `.stringData.pin: expected string, got &value.{(hidden)}`,
		`line 2 is odd: c2VjcmV0bGluZQ`:                                     `line 2 is odd: (hidden)`,
		`it has "-----BEGIN KEY-----\nc2VjcmV0bGluZQ\n-----END KEY-----\n"`: `it has (hidden)`,
		`in-a-list is not a string, correct horse is not base64`:            `(hidden) is not a string, (hidden) is not base64`,
		`secrets "s" is forbidden: 123 is only quoted as "123"`:             `secrets "s" is forbidden: 123 is only quoted as (hidden)`,
	} {
		cause := errors.New(words)
		got := hideSecrets(secret, cause)
		if got.Error() != want || !errors.Is(got, cause) {
			t.Errorf("%s becomes %s", words, got)
		}
	}
	secret.SetKind("ConfigMap")
	if got := hideSecrets(secret, errors.New("hunter2")).Error(); !strings.Contains(got, "hunter2") {
		t.Errorf("of a ConfigMap it says %s", got)
	}
}

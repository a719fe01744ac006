package expression_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/expression"
	"github.com/eddy-previews/eddy/internal/throttle"
)

// eval judges an object with a whole budget.
func eval(t *testing.T, text string, object map[string]any) (bool, error) {
	t.Helper()
	compiled, err := expression.NewBudget(nil).Compile(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return compiled.Holds(t.Context(), object, expression.NewBudget(nil))
}

func deployment() map[string]any {
	return map[string]any{
		"metadata": map[string]any{"name": "api", "generation": int64(3), "labels": map[string]any{"app": "api", "tier": "1"}},
		"spec":     map[string]any{"replicas": int64(2)},
		"status": map[string]any{"readyReplicas": int64(2), "conditions": []any{
			map[string]any{"type": "Ready", "status": "True", "observedGeneration": int64(3)},
			map[string]any{"type": "Other", "status": "False"},
		}},
		"data": map[string]any{"list": "c,a,b", "when": "2026-01-02T03:04:05Z", "empty": ""},
	}
}

func TestWhatFluxsExpressionsSayIsSaidHere(t *testing.T) {
	cases := map[string]bool{
		`true`: true,
		`status.conditions.filter(c, c.type == 'Ready').all(c, c.status == 'True' && c.observedGeneration == metadata.generation)`: true,
		`status.conditions.exists(c, c.type == 'Ready' && c.status == 'False')`:                                                    false,
		`status.conditions.exists_one(c, c.type == 'Ready')`:                                                                       true,
		`status.readyReplicas >= spec.replicas`:                                                                                    true,
		`status.readyReplicas == 2.0 && spec.replicas < 2.5`:                                                                       true,
		`has(status.absent) || has(metadata.labels.app)`:                                                                           true,
		`'app' in metadata.labels && !('x' in metadata.labels)`:                                                                    true,
		`status.conditions.map(c, c.type) == ['Ready', 'Other']`:                                                                   true,
		`status.conditions.map(c, c.type) != ['Ready']`:                                                                            true,
		`['a'] + ['b'] == ['a', 'b'] && size(['a'] + ['b']) == 2 && ('b' in ['a'] + ['b'])`:                                        true,
		`data.list.split(',').join('-') == 'c-a-b' && data.list.replace(',', '') == 'cab'`:                                         true,
		`data.list.startsWith('c') && data.list.contains('a') && data.list.matches('^[a-c,]{5}$')`:                                 true,
		`data.list.upperAscii() == 'C,A,B' && data.list.indexOf('a') == 2 && data.list.charAt(0) == 'c'`:                           true,
		`sets.contains(data.list.split(','), ['a', 'b']) && !sets.intersects(['a'], ['z'])`:                                        true,
		`timestamp(data.when) < timestamp('2030-01-01T00:00:00Z') && timestamp(data.when).getFullYear() == 2026`:                   true,
		`duration('1h') > duration('59m') && int('12') + 1 == 13 && string(12) == '12'`:                                            true,
		`base64.encode(bytes(data.list)) == 'YyxhLGI=' && string(base64.decode('YWI=')) == 'ab'`:                                   true,
		`status.?absent.orValue('none') == 'none' && !optional.none().hasValue()`:                                                  true,
		`'%s has %d'.format([metadata.name, 2]) == 'api has 2'`:                                                                    true,
		`spec.replicas > 0 ? status.readyReplicas == spec.replicas : true`:                                                         true,
		`metadata.labels.all(k, size(k) > 2) && {'a': 1}['a'] == 1 && [1, 2][1] == 2`:                                              true,
		`true || status.absent == 1`:                                                                                               true,
		`metadata.name in ['api', 'web'] && type(metadata.name) == string`:                                                         true,
		`data.empty == '' && -1 * 3 + 7 % 4 == 0`:                                                                                  true,
	}
	for text, want := range cases {
		t.Run(text, func(t *testing.T) {
			if got, err := eval(t, text, deployment()); got != want || err != nil {
				t.Errorf("it is %v, %v", got, err)
			}
		})
	}
}

func TestAnExpressionThatCanNeverBeJudgedIsRefused(t *testing.T) {
	for text, words := range map[string]string{
		`status.`:       "failed to parse",
		`size(data)`:    "is of type int, and has to be true or false",
		`nothing.there`: "undeclared reference",
		strings.Repeat("true && ", 2000) + `true`:                                       "16004 characters, more than the 4096",
		strings.Repeat("[", 300) + strings.Repeat("]", 300):                             "recursion",
		chain(`[1]`, `.map(V, V)`, ` == [1]`, 17):                                       "17 loops (all, exists, map, filter …), more than the 16",
		`[` + strings.Repeat(`{'a':`, 150) + `1` + strings.Repeat(`}`, 150) + `] == []`: "recursion",
	} {
		if _, err := expression.NewBudget(nil).Compile(text); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("%.40s: the error is %.300v", text, err)
		}
	}
}

func TestAnErrorNeverRepeatsAValue(t *testing.T) {
	const password = "hunter2"
	secret := map[string]any{
		"metadata": map[string]any{"name": "s", "annotations": map[string]any{"note": password}},
		"data":     map[string]any{"k": base64.StdEncoding.EncodeToString([]byte(password)), "plain": password, "number": int64(737373)},
	}
	for text, words := range map[string]string{
		`{'a': true}[data.plain]`:                                     "a key that it asks for is not there",
		`{'a': true}[string(base64.decode(data.k))]`:                  "a key that it asks for is not there",
		`{'a': true}[metadata.annotations.note]`:                      "a key that it asks for is not there",
		`{'a': {'b': true}}[data.plain].b`:                            "a key that it asks for is not there",
		`metadata.labels[data.plain] == 'x'`:                          "no such key: labels",
		`data.absent == 'x'`:                                          "no such key: absent",
		`data['absent'] == 'x'`:                                       "a key that it asks for is not there",
		`status.x == 'x'`:                                             "a field that it asks for is not there",
		`int(data.plain) == 1`:                                        "cannot be converted",
		`double(data.plain) == 1.0`:                                   "cannot be converted",
		`bool(data.plain)`:                                            "cannot be converted",
		`uint(data.plain) == 1u`:                                      "cannot be converted",
		`timestamp(data.plain) == timestamp(data.plain)`:              "",
		`duration(data.plain) == duration('1s')`:                      "",
		`timestamp('2026-01-02T03:04:05Z').getHours(data.plain) == 1`: "",
		`string(base64.decode(data.plain + '!')) == 'x'`:              "",
		`'x'.matches(data.plain + '(')`:                               "a regular expression is not valid",
		`[true][data.number]`:                                         "",
		`data.plain`:                                                  "neither true nor false",
		`data.plain + 1 == 2`:                                         "",
		`data.plain.charAt(data.number) == ''`:                        "",
		`data.plain.substring(data.number) == ''`:                     "",
		`('%d' + data.plain).format(['x']) == ''`:                     "",
		`('%' + data.plain).format([data.plain]) == ''`:               "",
		`'%d'.format([data.plain]) == ''`:                             "",
		`9223372036854775807 + data.number > 0`:                       "a number is too large",
		`data.number / 0 == 1`:                                        "divides by zero",
		`optional.of(data.plain).value() == optional.none().value()`:  "",
		`-data.plain == 1`:                                            "",
		`dyn(data.plain).absent == 1`:                                 "",
	} {
		t.Run(text, func(t *testing.T) {
			_, err := eval(t, text, secret)
			if err == nil || !strings.Contains(err.Error(), words) {
				t.Fatalf("the error is %v, want …%s…", err, words)
			}
			for _, value := range []string{password, "737373", "aHVudGVyMg"} {
				if strings.Contains(err.Error(), value) {
					t.Errorf("the error repeats a value: %v", err)
				}
			}
		})
	}
}

// chain writes an expression that goes through n steps of the same kind.
func chain(begin, step, end string, n int) string {
	var out strings.Builder
	out.WriteString(begin)
	for i := range n {
		out.WriteString(strings.ReplaceAll(step, "V", fmt.Sprint("v", i)))
	}
	return out.String() + end
}

func TestNoExpressionCostsMoreThanItsBudget(t *testing.T) {
	ten := `[1,2,3,4,5,6,7,8,9,10]`
	nested := strings.Repeat(ten+`.map(V, `, 10) + `1` + strings.Repeat(`)`, 10) + `.size() > 0`
	object := map[string]any{"data": map[string]any{
		"long": strings.Repeat("a", 1<<20), "lines": strings.Repeat("a\n", 1<<19), "regexp": strings.Repeat("(a{1000})*", 3000),
	}}
	for name, text := range map[string]string{
		"loops in loops":                 nested,
		"loops in loops without a call":  strings.Repeat(ten+`.all(V, `, 12) + `true` + strings.Repeat(`)`, 12),
		"a list that is doubled":         chain(`[[0]]`, `.map(V, V + V + V + V)`, `.all(x, size(x) > 0)`, 15),
		"a list in itself":               chain(`[[0]]`, `.map(V, [V, V, V, V])`, `.all(x, x == x)`, 15),
		"a list ten times in itself":     chain(`[[0]]`, `.map(V, [V, V, V, V, V, V, V, V, V, V])`, `.all(x, dyn([0]) in x)`, 15),
		"a map in itself":                chain(`[{'a': 0}]`, `.map(V, {'a': V, 'b': V, 'c': V, 'd': V})`, `.all(x, x == x)`, 15),
		"an optional list in itself":     chain(`[optional.of([0])]`, `.map(V, optional.of([V, V, V, V]))`, `.all(x, x == x)`, 15),
		"a text that is doubled":         chain(`['a']`, `.map(V, V + V + V + V)`, `.all(x, size(x) > 0)`, 15),
		"a text that is replaced":        chain(`'a'`, `.replace('a', 'aaaaaaaaaaaaaaaaaaaa')`, ` == ''`, 20),
		"a long text that is replaced":   `data.long.replace('a', data.long) == ''`,
		"a text put between":             `data.long.split('').join(data.long) == ''`,
		"a text that is formatted":       chain(`['a']`, `.map(V, '%s%s%s%s%s%s%s%s%s%s'.format([V, V, V, V, V, V, V, V, V, V]))`, `.all(x, x == '')`, 15),
		"a number with many digits":      `'%.2000000000f'.format([1.0]) == ''`,
		"a number with a wide exponent":  `'%.2000000000e'.format([1.0]) == ''`,
		"sets against each other":        `sets.contains(data.lines.split('\n'), data.lines.split('\n'))`,
		"a search in a long text":        `data.long.indexOf(data.long.substring(500000) + 'b') > 0`,
		"a search from the end":          `data.long.lastIndexOf('b' + data.long.substring(500000)) > 0`,
		"a long text, a long expression": `data.long.matches(data.long)`,
		"an expression that repeats":     `data.long.matches('(a{1000}b?){1}(a{1000})*(a{1000})*c')`,
		"a very long expression":         `'a'.matches(data.regexp)`,
		"an error that is swallowed":     `true || ` + strings.ReplaceAll(nested, "V", "w"),
	} {
		t.Run(name, func(t *testing.T) {
			for n := 0; strings.Contains(text, "V"); n++ {
				text = strings.Replace(text, "V", fmt.Sprint("w", n), 1)
			}
			holds, err := eval(t, text, object)
			if name == "an error that is swallowed" {
				if !holds || err != nil {
					t.Errorf("what is not looked at costs: %v, %v", holds, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), "costs more than 1000000 units") {
				t.Errorf("it is %v, %v", holds, err)
			}
		})
	}
}

func TestExpressionsOfARunShareABudget(t *testing.T) {
	compiled, err := expression.NewBudget(nil).Compile(`data.long.split(',').all(x, x == 'a')`)
	if err != nil {
		t.Fatal(err)
	}
	object := map[string]any{"data": map[string]any{"long": strings.Repeat("a,", 20_000) + "a"}}
	budget := expression.NewBudget(nil)
	for n := range 100 {
		if _, err = compiled.Holds(t.Context(), object, budget); err != nil {
			if n == 0 || !strings.Contains(err.Error(), "costs more than") {
				t.Errorf("the error of number %d is %v", n, err)
			}
			return
		}
	}
	t.Error("there is no end to it")
}

func TestManyLongExpressionsCostMoreThanTheirBudget(t *testing.T) {
	budget := expression.NewBudget(nil)
	for range 100 {
		if _, err := budget.Compile(strings.Repeat("true && ", 500) + "true"); err != nil {
			if !strings.Contains(err.Error(), "costs more than") {
				t.Error(err)
			}
			return
		}
	}
	t.Error("there is no end to them")
}

func TestWhatIsCheapDoesNotWaitForWhatIsNot(t *testing.T) {
	places := throttle.New(1)
	costly, err := expression.NewBudget(nil).Compile(`data.long.split('').all(x, x == 'a')`)
	if err != nil {
		t.Fatal(err)
	}
	object := map[string]any{"data": map[string]any{"long": strings.Repeat("a", 100_000)}}
	done := make(chan error)
	for range 4 { // those that take long pass one after the other, and none keeps the place
		go func() {
			_, err := costly.Holds(t.Context(), object, expression.NewBudget(places.Pass(t.Context(), "hostile")))
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	holder := places.Pass(t.Context(), "hostile")
	for range 3 {
		holder.Spend(expression.MaxCost)
	}
	budget := expression.NewBudget(places.Pass(t.Context(), "harmless"))
	cheap, err := budget.Compile(`data.long.startsWith('a')`)
	if err != nil {
		t.Fatal(err)
	}
	if holds, err := cheap.Holds(t.Context(), object, budget); !holds || err != nil {
		t.Errorf("it is %v, %v", holds, err)
	}
}

func TestAnEvaluationEndsWithItsContext(t *testing.T) {
	compiled, err := expression.NewBudget(nil).Compile(`data.long.split(',').all(x, x == 'a')`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = compiled.Holds(ctx, map[string]any{"data": map[string]any{"long": strings.Repeat("a,", 9000) + "a"}}, expression.NewBudget(nil))
	if err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("the error is %v", err)
	}
}

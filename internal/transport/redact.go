package transport

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// fragment is how much of a secret in a row gives it away, in bytes: whoever
	// repeats it may have cut it anywhere.
	fragment = 8
	// shortest is a secret that can be taken out of a text. A text that holds a
	// shorter one is left out as a whole.
	shortest = 4
	// maxRedacted bounds what is looked at of a text, of which a line is shown.
	maxRedacted = 64 << 10
	// maxMessage bounds what is repeated of a forge's own error, in bytes.
	maxMessage = 200

	redacted = "***"
)

// Redact returns what may be shown of somebody's words about a request, nil for
// none: none of the secrets of the configuration or the request, and no other
// ones either.
func (c Config) Redact(words string, req *http.Request, others ...string) string {
	return short(redact(words, append(c.secrets(req), others...)))
}

// secrets are the texts that are not to be repeated of a request: what a
// configuration holds, and what is sent of it.
func (c Config) secrets(req *http.Request) []string {
	out := Spellings(c.Credentials.Username, c.Credentials.Password)
	out = append(out, Spellings("", c.Credentials.Token)...)
	if c.Proxy != nil {
		password, _ := c.Proxy.User.Password()
		out = append(out, Spellings(c.Proxy.User.Username(), password)...)
	}
	if parsed, err := url.Parse(c.URL); err == nil {
		for _, values := range parsed.Query() {
			for _, value := range values {
				if len(value) >= shortest {
					out = append(out, Spellings("", value)...)
				}
			}
		}
	}
	if req != nil {
		out = append(out, sent(req.Header)...)
	}
	return out
}

// sent are the secrets in the headers of a request.
func sent(h http.Header) []string {
	var out []string
	for _, name := range []string{"Private-Token", "X-Amz-Security-Token"} {
		out = append(out, Spellings("", h.Get(name))...)
	}
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		scheme, login, _ := strings.Cut(h.Get(name), " ")
		if strings.HasPrefix(scheme, "AWS4-") {
			_, login, _ = strings.Cut(login, "Signature=")
		}
		out = append(out, Spellings("", login)...)
		if plain, err := base64.StdEncoding.DecodeString(login); err == nil && strings.EqualFold(scheme, "Basic") {
			username, password, _ := strings.Cut(string(plain), ":")
			out = append(out, Spellings(username, password)...)
		}
	}
	return out
}

// Spellings are the ways in which a password is written: as it is, in a URL, in
// a header.
func Spellings(username, password string) []string {
	if password == "" {
		return nil
	}
	basic := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }
	return []string{
		password, url.QueryEscape(password), url.PathEscape(password), basic(password), basic(":" + password), basic(username + ":" + password),
	}
}

// redact takes secrets out of a text, and pieces of them.
func redact(text string, secrets []string) string {
	text = text[:min(len(text), maxRedacted)]
	hidden := make([]bool, len(text))
	pieces := map[string]bool{}
	for _, secret := range secrets {
		switch n := len(secret); {
		case n == 0:
		case n < shortest && strings.Contains(text, secret):
			return redacted
		case n < fragment:
			hide(text, secret, hidden)
		default:
			for at := 0; at+fragment <= n; at++ {
				pieces[secret[at:at+fragment]] = true
			}
		}
	}
	for at := 0; at+fragment <= len(text); at++ {
		if pieces[text[at:at+fragment]] {
			for n := range fragment {
				hidden[at+n] = true
			}
		}
	}
	return blank(text, hidden)
}

// hide marks where a secret stands.
func hide(text, secret string, hidden []bool) {
	for from := 0; ; {
		at := strings.Index(text[from:], secret)
		if at < 0 {
			return
		}
		for n := range secret {
			hidden[from+at+n] = true
		}
		from += at + 1
	}
}

// blank writes asterisks in the place of what is hidden.
func blank(text string, hidden []bool) string {
	var out strings.Builder
	for at := range len(text) {
		switch {
		case !hidden[at]:
			out.WriteByte(text[at])
		case at == 0 || !hidden[at-1]:
			out.WriteString(redacted)
		}
	}
	return out.String()
}

// short returns a text on one line, without what a screen does not show as it
// is, and cut where it is too long for a condition.
func short(text string) string { return cut(text, maxMessage) }

func cut(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		default:
			return r
		}
	}, strings.ToValidUTF8(text, "�"))
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= most {
		return text
	}
	end := most
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

package card

import (
	"net/url"
	"regexp"
	"strings"
	"unicode"

	"github.com/eddy-previews/eddy/internal/forge"
	"github.com/eddy-previews/eddy/internal/preview"
)

// maxMessage bounds how much is repeated of a message, in letters.
const maxMessage = 500

// visible leaves of a text what is seen of it: neither what a terminal or a browser
// would obey, nor what turns the order of letters round or has no width.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), r == '\u2028', r == '\u2029':
			return -1
		default:
			return r
		}
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// oneLine is a text without its lines.
func oneLine(text string) string { return hushed(strings.Join(strings.Fields(visible(text)), " ")) }

// fenced is a block of code with a text, in which no forge reads anything: neither
// names of people nor of requests, nor commands. It is longer than what the text has
// of such.
func fenced(text string) string {
	text = forge.Cut(strings.TrimSpace(hushed(visible(text))), maxMessage)
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "text\n" + text + "\n" + fence
}

var unusual = regexp.MustCompile(`[^A-Za-z0-9./_-]+`)

// plain is a name of which nothing means anything in Markdown. Names of Kubernetes are
// as they were.
func plain(name string) string {
	out := unusual.ReplaceAllString(name, "-")
	if strings.Contains(out, "_") { // beside a letter it begins nothing, alone it may
		out = strings.ReplaceAll(out, "_", `\_`)
	}
	return out
}

var hex = regexp.MustCompile(`^[0-9a-fA-F]{4,64}$`)

// commit is a commit in short; "" for what is none.
func commit(sha string) string {
	if !hex.MatchString(sha) {
		return ""
	}
	return "`" + preview.Short(sha) + "`"
}

// host is what a host may be called for it to be shown.
var host = regexp.MustCompile(`^[A-Za-z0-9.:-]+$`)

// maxAddress is how long an address may be.
const maxAddress = 1000

// Address is an address that may be followed, written so that nothing in it ends a link
// or a cell; "" for anything else.
func Address(text string) string {
	at, err := url.Parse(text)
	if err != nil || at.User != nil || at.Scheme != "http" && at.Scheme != "https" || !host.MatchString(at.Host) || len(text) > maxAddress {
		return ""
	}
	const apart = "()[]<>|@`'\"*_~\\! "
	out := &strings.Builder{}
	for _, letter := range []byte(at.EscapedPath() + question(at)) {
		if letter <= ' ' || letter > '~' || strings.IndexByte(apart, letter) >= 0 {
			out.WriteString("%" + strings.ToUpper(string("0123456789abcdef"[letter>>4])+string("0123456789abcdef"[letter&15])))
			continue
		}
		out.WriteByte(letter)
	}
	return at.Scheme + "://" + at.Host + out.String()
}

func question(at *url.URL) string {
	out := ""
	if at.RawQuery != "" {
		out = "?" + at.RawQuery
	}
	if at.Fragment != "" {
		out += "#" + at.EscapedFragment()
	}
	return out
}

// link shows the host of an address and leads there.
func link(text string) string {
	address := Address(text)
	if address == "" {
		return ""
	}
	at, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return "[" + at.Host + "](" + address + ")"
}

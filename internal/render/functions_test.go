package render_test

import (
	"strings"
	"testing"

	"github.com/eddy-previews/eddy/internal/render"
	"github.com/eddy-previews/eddy/test/sample"
)

// available are the functions of the contract, beside those of text/template.
const available = `hello ago duration durationRound must_date_modify mustDateModify mustToDate toDate unixEpoch trunc trim upper
lower title substr repeat trimall trimAll trimSuffix trimPrefix contains hasPrefix hasSuffix quote squote cat indent nindent replace
plural sha1sum sha256sum adler32sum toString atoi int64 int float64 seq toDecimal split splitList splitn toStrings until untilStep
add1 add sub div mod mul randInt biggest max min maxf minf ceil floor round join sortAlpha default empty coalesce all any compact
mustCompact fromJson toJson toPrettyJson toRawJson mustFromJson mustToJson mustToPrettyJson mustToRawJson ternary typeOf typeIs
typeIsLike kindOf kindIs deepEqual base dir clean ext isAbs osBase osClean osDir osExt osIsAbs b64enc b64dec b32enc b32dec tuple list
dict get set unset hasKey pluck keys pick omit values append push mustAppend mustPush prepend mustPrepend first mustFirst rest
mustRest last mustLast initial mustInitial reverse mustReverse uniq mustUniq without mustWithout has mustHas slice mustSlice concat
dig chunk mustChunk fail regexMatch mustRegexMatch regexFindAll mustRegexFindAll regexFind mustRegexFind regexReplaceAll
mustRegexReplaceAll regexReplaceAllLiteral mustRegexReplaceAllLiteral regexSplit mustRegexSplit regexQuoteMeta urlParse urlJoin
slugify toYaml mustToYaml inputs`

// absent are functions that people know from elsewhere, and that would make a
// template's result depend on where and when it is rendered, or are not there.
const absent = `env expandenv now date dateInZone date_modify randAlpha randAlphaNum randNumeric randAscii randBytes uuidv4
getHostByName merge mergeOverwrite deepCopy fromYaml required tpl include lookup semver semverCompare genCA derivePassword bcrypt
htpasswd encryptAES wrap nospace initials snakecase camelcase kebabcase swapcase abbrev shuffle untitle`

func TestTheFunctionsAreThoseOfTheContract(t *testing.T) {
	for _, name := range strings.Fields(available) {
		if err := compiles(t, name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range strings.Fields(absent) {
		if err := compiles(t, name); err == nil {
			t.Errorf("%s is there", name)
		}
	}
}

func compiles(t *testing.T, function string) error {
	t.Helper()
	_, err := render.Compile(sample.Set(t, "resourcesTemplate: '<< "+function+" >>'"))
	return err
}

func TestSlugifyMakesADNSLabel(t *testing.T) {
	for title, want := range map[string]string{
		"Fix: the Bug #12!":         "fix-the-bug-12",
		"Ünïcode & more":            "unicode-and-more",
		"日本語":                       "ri-ben-yu",
		strings.Repeat("word ", 20): "word-word-word-word-word-word-word-word-word-word-word-word",
		strings.Repeat("x", 70):     strings.Repeat("x", 63),
	} {
		got, err := one(t, `resources: [{apiVersion: v1, kind: A, metadata: {name: "<< inputs.title | slugify >>"}}]`, sample.Input("title", title))
		if err != nil || !strings.Contains(got, "name: "+want+"\n") {
			t.Errorf("%q became %s (%v), want %s", title, got, err, want)
		}
	}
}

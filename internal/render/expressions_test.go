package render_test

// expressions call every function of the template language with text of an
// input. T is the text, L a list and M a map of such texts, J a JSON document
// with them, B and C the text in base64 and base32.
const expressions = `
T
hello
ago (toDate "2006" T)
duration T
durationRound T
must_date_modify T (toDate "2006" T)
mustDateModify "1h" (toDate "2006" T)
mustToDate "2006" T
toDate T T
unixEpoch (toDate "2006" T)
trunc 9 T
trunc -9 T
trim T
upper T
lower T
title T
substr 0 4 T
repeat 3 T
trimall T "xax"
trimAll "x" T
trimSuffix T "x"
trimSuffix "x" T
trimPrefix "x" T
contains T "a"
hasPrefix T "a"
hasSuffix "a" T
quote T
quote T T
quote L
squote T
squote T T
cat T L T
indent 2 T
nindent 2 T
replace "a" T "banana"
replace " " "" T
plural T T 2
sha1sum T
sha256sum T
adler32sum T
toString T
toString L
toString M
atoi T
int64 T
int T
float64 T
seq (len L)
toDecimal T
split "," T
split T T
splitList "," T
splitList T T
splitn "," 3 T
toStrings L
toStrings T
until (len L)
untilStep 0 (len L) 1
add1 T
add T 1
sub T 1
div 7 (add1 (len T))
mod 7 (add1 (len T))
mul T 2
randInt 1 9
biggest T 1
max T 1
min T 1
maxf T 1
minf T 1
ceil T
floor T
round T 2
join T L
join "," L
sortAlpha L
sortAlpha (splitList "," T)
default T ""
default "x" T
empty T
coalesce "" T
all T
any T
compact L
mustCompact L
fromJson J
fromJson T
mustFromJson J
print (toJson T)
print (toJson L)
print (toPrettyJson M)
print (toRawJson M)
print (mustToJson L)
print (mustToPrettyJson L)
print (mustToRawJson M)
ternary T "x" true
typeOf T
typeIs T "x"
typeIsLike T "x"
kindOf T
kindIs T "x"
deepEqual T "x"
base T
dir T
clean T
ext T
isAbs T
osBase T
osClean T
osDir T
osExt T
osIsAbs T
b64enc T
b64dec T
b64dec B
b32enc T
b32dec T
b32dec C
tuple T T
list T L M
dict "k" T T L
get M "k"
get M T
set M T T
unset M T
hasKey M T
pluck "k" M M
keys M
keys (dict T T)
pick M "k" T
omit M "k"
values (dict "k" L)
append L T
push L T
mustAppend L T
mustPush L T
prepend L T
mustPrepend L T
first L
mustFirst L
rest L
mustRest L
last L
mustLast L
initial L
mustInitial L
reverse L
mustReverse L
uniq L
mustUniq L
without L "x"
mustWithout L T
has T L
mustHas T L
slice L 1
mustSlice L 0 1
concat L (list T)
dig "k" T M
dig "x" T M
chunk 2 L
mustChunk 1 L
fail T
regexMatch T "x"
mustRegexMatch "x" T
regexFindAll "[^,]+" T -1
mustRegexFindAll "." T 3
regexFind "[^,]+" T
mustRegexFind "[^ ]+" T
regexReplaceAll "a" "banana" T
regexReplaceAll "[a-z]" T "$0,"
mustRegexReplaceAll "a" "banana" T
regexReplaceAllLiteral "a" "banana" T
mustRegexReplaceAllLiteral "a" T T
regexSplit "," T -1
mustRegexSplit "[ ,]" T -1
regexQuoteMeta T
urlParse T
urlJoin (dict "scheme" "https" "host" T "path" T "query" T)
slugify T
print (toYaml T)
print (toYaml L)
print (mustToYaml M)
inputs
inputs.map
and T T
or "" T
not T
len T
index L 0
index M "k"
print T T
print L M
printf "%s-%v" T L
printf "%q" T
printf "%x" T
printf T T
println T
html T
js T
urlquery T
eq T "x"
ne T "x"
lt T "x"
le T "x"
gt T "x"
ge T "x"
(toDate "2006" T).Format T
(toDate "2006" T).MarshalJSON
(toDate "2006" T).MarshalText
(toDate "2006" T).Location
(toDate "2006" T).Month
(toDate "2006" "2020").AppendFormat (toDate "2006" T).MarshalText T
list (split "," T) (splitList "," T) (chunk 1 L)
dict "a" (chunk 2 (sortAlpha L)) "b" (list (toStrings L))
T | splitList "," | sortAlpha | join T
(split "," T)._0
M.k
b64dec (b64enc T)
printf "%c000000%c" 11816 11817
`

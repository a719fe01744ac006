package codecommit

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/eddy-previews/eddy/internal/transport"
)

// gitAdvertisement is the content type of what a Git server has.
const gitAdvertisement = "application/x-git-upload-pack-advertisement"

// isAdvertisement accepts the answer of a Git server, where others are JSON.
func isAdvertisement(h http.Header, _ []byte) bool { return h.Get("Content-Type") == gitAdvertisement }

// gitRef is a branch or a tag with the commit that it stands for.
type gitRef struct{ name, sha string }

// lsRemote asks a Git server for its references, as `git ls-remote` does: the
// first request of a fetch, and no more. A library for all of Git would bring a
// dozen modules for these few lines.
//
// https://git-scm.com/docs/http-protocol
// https://git-scm.com/docs/gitprotocol-pack#_reference_discovery
func lsRemote(ctx context.Context, client *http.Client, address string, sign func(*http.Request) error) ([]gitRef, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/info/refs?service=git-upload-pack", nil)
	if err != nil {
		return nil, err
	}
	if err := sign(req); err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // it is in memory
	var body bytes.Buffer
	if _, err := body.ReadFrom(resp.Body); err != nil {
		return nil, err
	}
	refs, err := readRefs(body.Bytes())
	if err != nil {
		return nil, &transport.Error{What: "200 OK with references that " + err.Error(), Kind: transport.ErrInvalidAnswer}
	}
	return refs, nil
}

// readRefs reads an advertisement: the name of the service, and the references
// in the order of their names, each part ended by a flush. The line after an
// annotated tag, with ^{}, is the commit behind it.
func readRefs(body []byte) ([]gitRef, error) {
	service, rest, err := readLines(body)
	if err != nil {
		return nil, err
	}
	if !slices.Equal(service, []string{"# service=git-upload-pack"}) {
		return nil, errors.New("are of another service")
	}
	lines, _, err := readLines(rest)
	if err != nil {
		return nil, err
	}
	var refs []gitRef
	for _, line := range lines {
		line, _, _ = strings.Cut(line, "\x00") // what the server can do
		sha, name, ok := strings.Cut(line, " ")
		peeled, isPeeled := strings.CutSuffix(name, "^{}")
		switch last := len(refs) - 1; {
		case !ok || !gitObject.MatchString(sha):
			return nil, errors.New("have a line that is none")
		case name == "capabilities^{}": // stands in for the references of an empty repository
		case isPeeled && last >= 0 && refs[last].name == peeled:
			refs[last].sha = sha
		default:
			refs = append(refs, gitRef{name, sha})
		}
	}
	return refs, nil
}

var gitObject = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// readLines reads lines until a flush. Each begins with its length, in four
// hexadecimal digits, which it counts itself.
func readLines(body []byte) (lines []string, rest []byte, err error) {
	for {
		if len(body) < 4 {
			return nil, nil, errors.New("end early")
		}
		length, err := strconv.ParseUint(string(body[:4]), 16, 16)
		switch {
		case err != nil || length > 0 && length < 4:
			return nil, nil, errors.New("have a line without a length")
		case length == 0:
			return lines, body[4:], nil
		case int(length) > len(body):
			return nil, nil, errors.New("end early")
		}
		lines = append(lines, strings.TrimSuffix(string(body[4:length]), "\n"))
		body = body[length:]
	}
}

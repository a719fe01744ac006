package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"

	"github.com/eddy-previews/eddy/internal/overlay"
)

// errNoRepository says that what answers does not speak git, or not to strangers.
var errNoRepository = errors.New("there is no git repository that everybody may read: make it readable, or copy what is needed into the repository of the overlay")

// clone fetches one commit of a repository, without what was before it.
func (f *Fetcher) clone(ctx context.Context, at address) (overlay.Tree, error) {
	endpoint, err := transport.NewEndpoint(at.repository)
	if err != nil {
		return nil, err
	}
	if endpoint.Protocol != "https" || endpoint.User != "" || endpoint.Password != "" {
		return nil, errors.New("only https is spoken, and nobody logs in")
	}
	session, err := githttp.NewClient(f.client()).NewUploadPackSession(endpoint, nil)
	if err != nil {
		return nil, err
	}
	defer session.Close() //nolint:errcheck // nothing was written
	offered, err := session.AdvertisedReferencesContext(ctx)
	if err != nil {
		return nil, notThere(err)
	}
	wanted, err := look(offered, at.ref)
	if err != nil {
		return nil, err
	}
	response, err := session.UploadPack(ctx, ask(offered, wanted))
	if err != nil {
		return nil, fmt.Errorf("the server does not give %s: %w", wanted, err)
	}
	defer response.Close() //nolint:errcheck // nothing was written
	return f.unpack(packOf(response, offered), wanted)
}

// notThere tells what is no repository from what could not be asked.
func notThere(err error) error {
	if errors.Is(err, errTooMuch) || errors.Is(err, errPlain) {
		return err
	}
	if strings.Contains(err.Error(), "changes scheme") { // go-git looks at a redirect before the client does
		return errPlain
	}
	for _, no := range []error{transport.ErrRepositoryNotFound, transport.ErrAuthenticationRequired, transport.ErrAuthorizationFailed, packp.ErrEmptyInput} {
		if errors.Is(err, no) {
			return errNoRepository
		}
	}
	if strings.Contains(err.Error(), "pkt-len") || strings.Contains(err.Error(), "pkt-line") || strings.Contains(err.Error(), "malformed") {
		return errNoRepository // a page for people, for one
	}
	return err
}

// look finds a ref among those of the server, where git looks for it.
func look(offered *packp.AdvRefs, ref string) (plumbing.Hash, error) {
	if ref == "" {
		if offered.Head != nil {
			return *offered.Head, nil
		}
		return plumbing.ZeroHash, errors.New("the repository has no default branch: name a branch, a tag or a commit with ?ref=NAME")
	}
	if plumbing.IsHash(ref) {
		return plumbing.NewHash(ref), nil
	}
	for _, before := range []string{"", "refs/", "refs/tags/", "refs/heads/"} {
		if hash, there := offered.References[before+ref]; there {
			return hash, nil
		}
	}
	return plumbing.ZeroHash, fmt.Errorf("the repository has no branch, tag or whole commit %q: correct ?ref=", ref)
}

// ask asks for a commit alone and, where the server can leave them out, without
// the files that are too large to be read.
func ask(offered *packp.AdvRefs, wanted plumbing.Hash) *packp.UploadPackRequest {
	req := packp.NewUploadPackRequestFromCapabilities(offered.Capabilities)
	req.Wants = []plumbing.Hash{wanted}
	if offered.Capabilities.Supports(capability.Shallow) {
		req.Depth = packp.DepthCommits(1)
		_ = req.Capabilities.Set(capability.Shallow) // it takes no value, so there is none to be wrong
	}
	if offered.Capabilities.Supports(capability.Filter) {
		req.Filter = packp.FilterBlobLimit(maxFile>>20, packp.BlobLimitPrefixMebi)
		_ = req.Capabilities.Set(capability.Filter)
	}
	return req
}

// packOf returns the pack in an answer, without the server's remarks on it.
func packOf(response io.Reader, offered *packp.AdvRefs) io.Reader {
	switch {
	case offered.Capabilities.Supports(capability.Sideband64k):
		return sideband.NewDemuxer(sideband.Sideband64k, response)
	case offered.Capabilities.Supports(capability.Sideband):
		return sideband.NewDemuxer(sideband.Sideband, response)
	default:
		return response
	}
}

// rootOf follows a tag to its commit, and that to its folder.
func rootOf(objects map[plumbing.Hash]object, at plumbing.Hash) (plumbing.Hash, error) {
	for range maxTags {
		it, there := objects[at]
		if !there {
			return at, fmt.Errorf("the server left out %s, which it was asked for", at)
		}
		field := "object "
		switch it.kind {
		case plumbing.TreeObject:
			return at, nil
		case plumbing.CommitObject:
			field = "tree "
		case plumbing.TagObject:
		default:
			return at, errors.New("the ref is that of a file, not of a commit")
		}
		line, _, _ := bytes.Cut(it.text, []byte("\n"))
		value, found := strings.CutPrefix(string(line), field)
		if !found || !plumbing.IsHash(value) {
			return at, fmt.Errorf("%s cannot be read", at)
		}
		at = plumbing.NewHash(value)
	}
	return at, errors.New("the ref is a tag of a tag of a tag, and so on")
}

// maxTags is how many tags may be tags of each other, with what they lead to.
const maxTags = 8

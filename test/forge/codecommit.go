package forge

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"

	v1 "github.com/eddy-previews/eddy/api/v1"
)

const (
	// AccessKey is the key to which Token is the secret.
	AccessKey = "AKIDEXAMPLE"
	// Session is the token of a role that was assumed.
	Session = "session/token=="

	awsRegion  = "eu-west-1"
	awsAPIHost = "codecommit." + awsRegion + ".amazonaws.com"
	awsGitHost = "git-codecommit." + awsRegion + ".amazonaws.com"
	awsGitPath = "/v1/repos/api"
)

// NewCodeCommit stands in for AWS CodeCommit: its API, which tells requests by
// their numbers and one by one, and its Git server.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_ListPullRequests.html
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetPullRequest.html
// https://docs.aws.amazon.com/codecommit/latest/APIReference/CommonErrors.html
// https://git-scm.com/docs/gitprotocol-http
func NewCodeCommit(t testing.TB) *Forge {
	f := start(t, dialect{
		requestType: v1.InputProviderAWSCodeCommitPullRequest,
		branchType:  v1.InputProviderAWSCodeCommitBranch,
		tagType:     v1.InputProviderAWSCodeCommitTag,
		hosts:       []string{awsGitHost, awsAPIHost},
		repository:  awsGitPath,
		api:         "/",
		serve:       serveCodeCommit,
		most:        100,
		page:        func(r *http.Request) (int, int) { return query(r, "page", "size") },
		wrap: func(_ http.ResponseWriter, _ *http.Request, p slice) any {
			body := map[string]any{"pullRequestIds": p.items}
			if p.number < p.last() {
				body["nextToken"] = fmt.Sprint(p.number + 1)
			}
			return body
		},
		failure: func(message string) any { return map[string]any{"__type": message, "message": message} },
	})
	f.AWS = func(secret string) aws.CredentialsProvider {
		key := AccessKey
		if secret != Token {
			key = "AKIDANOTHER"
		}
		return credentials.NewStaticCredentialsProvider(key, secret, Session)
	}
	return f
}

func serveCodeCommit(f *Forge, w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Host == awsGitHost && r.URL.Path == awsGitPath+"/info/refs" && r.URL.RawQuery == "service=git-upload-pack":
		f.advertise(w, r)
	case r.Host != awsAPIHost || r.Method != http.MethodPost:
		f.fail(w, http.StatusNotFound, "UnknownOperationException")
	default:
		f.operate(w, r)
	}
}

// operate answers an operation of the API.
func (f *Forge) operate(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var input struct {
		RepositoryName, PullRequestStatus, PullRequestID, NextToken string
		BeforeCommitSpecifier, AfterCommitSpecifier                 string
		MaxResults                                                  int
		Content, CommentID, BeforeCommitID, AfterCommitID           string
		ClientRequestToken, RevisionID                              string
	}
	if err != nil || json.Unmarshal(body, &input) != nil {
		f.fail(w, http.StatusBadRequest, "SerializationException")
		return
	}
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "CodeCommit_20150413.")
	request := f.request(input.PullRequestID)
	switch {
	case !strings.Contains(r.Header.Get("Authorization"), "Credential="+AccessKey+"/"):
		f.fail(w, http.StatusBadRequest, "UnrecognizedClientException")
	case !awsSigned(r, body):
		f.fail(w, http.StatusBadRequest, "InvalidSignatureException")
	case operation == "ListPullRequests" && (f.hidden || input.RepositoryName != "api" || input.PullRequestStatus != "OPEN"):
		f.fail(w, http.StatusBadRequest, "RepositoryDoesNotExistException")
	case operation == "ListPullRequests":
		r.URL.RawQuery = url.Values{"page": {input.NextToken}, "size": {fmt.Sprint(input.MaxResults)}}.Encode()
		answer(w, http.StatusOK, f.paged(w, r, f.openNumbers()))
	case operation == "GetPullRequest" && (request == nil || f.hidden):
		f.fail(w, http.StatusBadRequest, "PullRequestDoesNotExistException")
	case operation == "GetPullRequest":
		answer(w, http.StatusOK, map[string]any{"pullRequest": awsRequest(*request)})
	case operation == "GetPullRequestApprovalStates" && request != nil:
		answer(w, http.StatusOK, f.awsApprovals(*request, input.RevisionID))
	case operation == "GetDifferences" && input.RepositoryName == "api" && input.BeforeCommitSpecifier == awsMergeBase:
		r.URL.RawQuery = url.Values{"page": {input.NextToken}, "size": {fmt.Sprint(input.MaxResults)}}.Encode()
		answer(w, http.StatusOK, f.differences(w, r, input.AfterCommitSpecifier))
	case operation == "GetCommentsForPullRequest" && request != nil:
		r.URL.RawQuery = url.Values{"page": {input.NextToken}, "size": {fmt.Sprint(input.MaxResults)}}.Encode()
		answer(w, http.StatusOK, f.awsComments(w, r, request.Number))
	case operation == "PostCommentForPullRequest" && request != nil && input.AfterCommitID == request.SHA && input.BeforeCommitID != "" && input.ClientRequestToken != "":
		answer(w, http.StatusOK, map[string]any{"comment": awsComment(*f.say(request.Number, me, input.Content))})
	case operation == "UpdateComment":
		f.awsRecomment(w, input.CommentID, input.Content)
	case operation == "DeleteCommentContent":
		f.awsUncomment(w, input.CommentID)
	case strings.Contains(operation, "Comment"):
		f.fail(w, http.StatusBadRequest, "PullRequestDoesNotExistException")
	default:
		f.fail(w, http.StatusBadRequest, "UnknownOperationException")
	}
}

// awsMergeBase is the commit at which the branch of every request left the target.
const awsMergeBase = "ba5e"

// differences answers a page of what the request with a commit changes.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/API_GetDifferences.html
func (f *Forge) differences(w http.ResponseWriter, r *http.Request, sha string) any {
	all := []any{}
	for _, request := range f.requests {
		if request.SHA != sha {
			continue
		}
		for _, one := range filesOf(*request) {
			all = append(all, map[string]any{
				"changeType": "M", "beforeBlob": map[string]any{"path": or(one.from, one.path)}, "afterBlob": map[string]any{"path": one.path},
			})
		}
	}
	body := f.paged(w, r, all).(map[string]any)
	return map[string]any{"differences": body["pullRequestIds"], "NextToken": body["nextToken"]}
}

func (f *Forge) openNumbers() []any {
	var open []any
	for _, request := range f.requests {
		if !request.Closed {
			open = append(open, fmt.Sprint(request.Number))
		}
	}
	return open
}

func awsRequest(r Request) any {
	return map[string]any{
		"pullRequestId": fmt.Sprint(r.Number), "title": r.Title, "pullRequestStatus": state(r, "OPEN", "CLOSED"), "revisionId": awsRevision(r),
		"authorArn": "arn:aws:sts::111122223333:assumed-role/developer/" + loginOf(r.Author), "lastActivityDate": r.Updated.Unix(),
		"pullRequestTargets": []any{map[string]any{
			"repositoryName": or(r.Repository, "api"), "sourceReference": "refs/heads/" + r.Branch, "sourceCommit": r.SHA,
			"destinationReference": "refs/heads/" + r.Target, "destinationCommit": "ba5e", "mergeBase": mergeBase(r),
		}},
	}
}

// mergeBase is missing until it is computed.
func mergeBase(r Request) any {
	if r.NoMerge {
		return nil
	}
	return awsMergeBase
}

// awsSigned signs a request again, and compares.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
func awsSigned(r *http.Request, body []byte) bool {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	_, signed, _ := strings.Cut(r.Header.Get("Authorization"), "SignedHeaders=")
	signed, _, _ = strings.Cut(signed, ",")
	if err != nil || signed == "" {
		return false
	}
	again := r.Clone(r.Context())
	again.URL = &url.URL{Scheme: "https", Host: r.Host, Path: r.URL.Path}
	again.Header, again.Body = http.Header{}, io.NopCloser(bytes.NewReader(body))
	for _, name := range strings.Split(signed, ";") {
		if name != "host" && name != "content-length" {
			again.Header.Set(name, r.Header.Get(name))
		}
	}
	keys := aws.Credentials{AccessKeyID: AccessKey, SecretAccessKey: Token, SessionToken: Session}
	hash := sha256.Sum256(body)
	err = v4.NewSigner().SignHTTP(r.Context(), keys, again, hex.EncodeToString(hash[:]), "codecommit", awsRegion, at)
	return err == nil && again.Header.Get("Authorization") == r.Header.Get("Authorization")
}

// advertise answers as a Git server does that is asked for a fetch.
func (f *Forge) advertise(w http.ResponseWriter, r *http.Request) {
	user, password, ok := r.BasicAuth()
	switch {
	case !ok || user != AccessKey+"%"+Session || password != gitPassword(password):
		w.WriteHeader(http.StatusForbidden)
		return
	case f.hidden:
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/x-git-upload-pack-advertisement")
	write(w, line("# service=git-upload-pack\n")+"0000")
	const can = "\x00multi_ack side-band-64k ofs-delta"
	lines := []string{}
	for _, branch := range f.branches {
		lines = append(lines, pad(branch.SHA)+" refs/heads/"+branch.Name)
	}
	for _, tag := range f.tags {
		lines = append(lines, pad(tag.object())+" refs/tags/"+tag.Name)
		if tag.Annotated {
			lines = append(lines, pad(tag.SHA)+" refs/tags/"+tag.Name+"^{}")
		}
	}
	if len(lines) == 0 {
		lines = []string{strings.Repeat("0", 40) + " capabilities^{}"}
	}
	lines[0] += can
	for _, text := range lines {
		write(w, line(text+"\n"))
	}
	write(w, "0000")
}

// pad makes a commit of a short text, as Git wants 40 digits.
func pad(sha string) string { return sha + strings.Repeat("0", max(0, 40-len(sha))) }

// line is a line of Git's protocol, which counts its own length.
func line(text string) string { return fmt.Sprintf("%04x%s", len(text)+4, text) }

// gitPassword is the password for the time at which another one was made, as
// git-remote-codecommit computes it.
//
// https://github.com/aws/git-remote-codecommit
func gitPassword(other string) string {
	at, _, _ := strings.Cut(other, "Z")
	if len(at) != len("20060102T150405") {
		return ""
	}
	scope := strings.Join([]string{at[:8], awsRegion, "codecommit", "aws4_request"}, "/")
	canonical := sha256.Sum256([]byte("GIT\n" + awsGitPath + "\n\nhost:" + awsGitHost + "\n\nhost\n"))
	key := []byte("AWS4" + Token)
	for _, part := range append(strings.Split(scope, "/"), "AWS4-HMAC-SHA256\n"+at+"\n"+scope+"\n"+hex.EncodeToString(canonical[:])) {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	return at + "Z" + hex.EncodeToString(key)
}

package source

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codecommit"
	"github.com/aws/aws-sdk-go-v2/service/codecommit/types"
	"github.com/aws/smithy-go/aws-http-auth/credentials"
	"github.com/aws/smithy-go/aws-http-auth/sigv4"
	v4 "github.com/aws/smithy-go/aws-http-auth/v4"
)

// codeCommitForm is how an AWS CodeCommit repository is written.
const codeCommitForm = "https://git-codecommit.REGION.amazonaws.com/v1/repos/REPOSITORY"

var codeCommitHost = regexp.MustCompile(`^https://git-codecommit(-fips)?\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?$`)

// codeCommit is an AWS CodeCommit repository.
//
// Requests come from its API, one by one. Branches and tags come from Git: the
// API cannot list tags, tells the commit of a branch in a request of its own,
// and wants more permissions than GitPull.
type codeCommit struct {
	url          repositoryURL
	region, name string
	credentials  aws.CredentialsProvider
	client       *codecommit.Client
	git          *http.Client
}

func openCodeCommit(config Config) (*codeCommit, error) {
	parsed, err := parseURL(config.URL, codeCommitForm)
	if err != nil {
		return nil, err
	}
	host := codeCommitHost.FindStringSubmatch(parsed.base)
	if host == nil || len(parsed.path) != 3 || parsed.path[0] != "v1" || parsed.path[1] != "repos" {
		return nil, fmt.Errorf("parsing the repository URL: %q is not a CodeCommit repository; expected %s", config.URL, codeCommitForm)
	}
	c := &codeCommit{url: parsed, region: host[2], name: parsed.path[2], credentials: aws.AnonymousCredentials{}}
	if config.AWS != nil {
		config.AWS = aws.NewCredentialsCache(identified{config, config.AWS}) // who asks is looked at for each request
		c.credentials = config.AWS
	}
	options := codecommit.Options{
		Region: c.region, Credentials: c.credentials,
		HTTPClient: newHTTPClient(config, manners{explain: awsKind, says: field("message", "Message", "__type")}),
		Retryer:    aws.NopRetryer{}, // the watcher tries again
	}
	if host[1] != "" {
		options.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
	}
	c.client = codecommit.New(options)
	c.git = newHTTPClient(config, manners{accepts: isAdvertisement})
	return c, nil
}

// awsKind reads which error AWS means: most come with the status 400.
//
// https://docs.aws.amazon.com/codecommit/latest/APIReference/CommonErrors.html
func awsKind(body []byte) error {
	var said struct {
		Type string `json:"__type"`
	}
	if json.Unmarshal(body, &said) != nil {
		return nil
	}
	_, name, found := strings.Cut(said.Type, "#")
	if !found {
		name = said.Type
	}
	switch strings.TrimSuffix(name, "Exception") {
	case "Throttling", "TooManyRequests", "RequestLimitExceeded":
		return errTooOften
	case "ExpiredToken", "UnrecognizedClient", "InvalidSignature", "IncompleteSignature", "InvalidClientTokenId", "MissingAuthenticationToken":
		return ErrUnauthorized
	case "AccessDenied", "OptInRequired", "NotAuthorized":
		return ErrForbidden
	case "PullRequestDoesNotExist", "RepositoryDoesNotExist":
		return ErrNotFound
	case "ServiceUnavailable", "InternalFailure":
		return ErrUnavailable
	default:
		return nil
	}
}

func (c *codeCommit) requests() *collection {
	return &collection{
		one: "pull request", many: "open pull requests", repository: c.url,
		page: c.requestsPage, find: c.request, files: c.files,
		visible: func(ctx context.Context) error {
			_, err := c.numbers(ctx, "")
			return err
		},
	}
}

// numbers lists the open requests, which the API tells by their numbers alone.
func (c *codeCommit) numbers(ctx context.Context, at string) (*codecommit.ListPullRequestsOutput, error) {
	input := &codecommit.ListPullRequestsInput{
		RepositoryName: &c.name, PullRequestStatus: types.PullRequestStatusEnumOpen, MaxResults: aws.Int32(pageSize),
	}
	if at != "" {
		input.NextToken = &at
	}
	out, err := c.client.ListPullRequests(ctx, input)
	if err == nil && out.PullRequestIds == nil {
		err = errNotAList
	}
	return out, err
}

// requestsPage reads a page, and asks for each request on it.
func (c *codeCommit) requestsPage(ctx context.Context, _ Query, at string) (page, error) {
	numbers, err := c.numbers(ctx, at)
	if err != nil {
		return page{}, err
	}
	items, err := itemsOf(numbers.PullRequestIds, func(id string) (Item, error) {
		item, err := c.request(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return item, &answer{what: "request " + id + " is listed, and not found", kind: ErrInvalidAnswer}
		}
		return item, err
	})
	return page{items: items, next: aws.ToString(numbers.NextToken)}, err
}

func (c *codeCommit) request(ctx context.Context, key string) (Item, error) {
	if _, err := number(key); err != nil {
		return Item{}, err
	}
	out, err := c.client.GetPullRequest(ctx, &codecommit.GetPullRequestInput{PullRequestId: &key})
	if err != nil {
		return Item{}, err
	}
	return c.item(value(out.PullRequest))
}

// item reads a request. Numbers are given for the whole account, so one of
// another repository is none of this one.
func (c *codeCommit) item(r types.PullRequest) (Item, error) {
	item := Item{
		ID: aws.ToString(r.PullRequestId), Title: aws.ToString(r.Title), Author: arnName(aws.ToString(r.AuthorArn)), Login: arnLogin(aws.ToString(r.AuthorArn)),
		UpdatedAt: aws.ToTime(r.LastActivityDate), URL: c.console(aws.ToString(r.PullRequestId)),
	}
	var err error
	if item.Closed, err = isOver(string(r.PullRequestStatus), []string{"OPEN"}, []string{"CLOSED"}); err != nil {
		return Item{}, err
	}
	target, err := c.target(r)
	if err != nil {
		return Item{}, err
	}
	item.SHA = aws.ToString(target.SourceCommit)
	item.Branch = strings.TrimPrefix(aws.ToString(target.SourceReference), "refs/heads/")
	item.TargetBranch = strings.TrimPrefix(aws.ToString(target.DestinationReference), "refs/heads/")
	return item, nil
}

// target returns what a request changes in this repository.
func (c *codeCommit) target(r types.PullRequest) (types.PullRequestTarget, error) {
	for _, target := range r.PullRequestTargets {
		if aws.ToString(target.RepositoryName) == c.name {
			return target, nil
		}
	}
	return types.PullRequestTarget{}, &answer{what: "it is a request of another repository", kind: ErrNotFound}
}

// arnName returns the last part of an ARN: the name of a user or a session.
func arnName(arn string) string { return arn[strings.LastIndexAny(arn, "/:")+1:] }

// arnLogin returns what of an ARN its holder cannot choose. Who assumes a role,
// or acts for a federated user, names the session as they like.
//
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
func arnLogin(arn string) string {
	parts := strings.SplitN(arn, ":", 6) // arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE
	if len(parts) < 6 {
		return unnamed
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	switch {
	case parts[2] == "iam":
		return arn
	case parts[2] == "sts" && kind == "assumed-role" && strings.Contains(name, "/"):
		return arn[:strings.LastIndex(arn, "/")]
	case parts[2] == "sts":
		return strings.Join(parts[:5], ":") + ":" + kind
	default:
		return unnamed
	}
}

// console returns the page of a request in AWS's console.
func (c *codeCommit) console(id string) string {
	domain := "aws.amazon.com"
	switch {
	case strings.HasPrefix(c.region, "cn-"):
		domain = "amazonaws.cn"
	case strings.HasPrefix(c.region, "us-gov-"):
		domain = "amazonaws-us-gov.com"
	}
	return fmt.Sprintf("https://%s.console.%s/codesuite/codecommit/repositories/%s/pull-requests/%s", c.region, domain, c.name, id)
}

func (c *codeCommit) branches() *collection {
	return c.refs("branch", "branches", "refs/heads/", branchItem)
}

func (c *codeCommit) tags() *collection {
	return c.refs("tag", "tags", "refs/tags/", tagItem)
}

// refs watches the references below a prefix; Git tells all of them at once.
func (c *codeCommit) refs(one, many, prefix string, item func(name, sha string) Item) *collection {
	all := func(ctx context.Context, _ string) (page, error) {
		refs, err := lsRemote(ctx, c.git, c.url.String(), c.sign)
		out := page{}
		for _, ref := range refs {
			if name, ours := strings.CutPrefix(ref.name, prefix); ours {
				out.items = append(out.items, item(name, ref.sha))
			}
		}
		return out, err
	}
	return &collection{
		one: one, many: many, repository: c.url,
		page: func(ctx context.Context, _ Query, at string) (page, error) { return all(ctx, at) },
		find: func(ctx context.Context, name string) (Item, error) { return findIn(ctx, name, all) },
		visible: func(ctx context.Context) error {
			_, err := all(ctx, "")
			return err
		},
	}
}

// signedAt is how the time of a signature is written, without a zone.
const signedAt = "20060102T150405"

// sign gives a request of Git the user name and password that CodeCommit wants:
// the password is a signature of the method GIT, the host and the path.
//
// https://docs.aws.amazon.com/codecommit/latest/userguide/setting-up-git-remote-codecommit.html
func (c *codeCommit) sign(req *http.Request) error {
	keys, err := c.credentials.Retrieve(req.Context())
	if err != nil {
		return fmt.Errorf("getting the credentials for AWS: %w", err)
	}
	unsigned, err := http.NewRequestWithContext(req.Context(), "GIT", c.url.String(), nil)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	signer := sigv4.New(func(o *v4.SignerOptions) {
		o.HeaderRules, o.DisableUnsignedPayloadSentinel, o.CanonicalTimeFormat = hostAlone{}, true, signedAt
	})
	err = signer.SignRequest(&sigv4.SignRequestInput{
		Request: unsigned, Service: "codecommit", Region: c.region, Time: now,
		Credentials: credentials.Credentials{AccessKeyID: keys.AccessKeyID, SecretAccessKey: keys.SecretAccessKey},
	})
	if err != nil {
		return fmt.Errorf("signing for AWS: %w", err)
	}
	user := keys.AccessKeyID
	if keys.SessionToken != "" {
		user += "%" + keys.SessionToken
	}
	_, signature, _ := strings.Cut(unsigned.Header.Get("Authorization"), "Signature=")
	req.SetBasicAuth(user, now.Format(signedAt)+"Z"+signature)
	return nil
}

// hostAlone is the header that is signed.
type hostAlone struct{}

func (hostAlone) IsSigned(name string) bool { return name == "host" }

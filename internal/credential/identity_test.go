package credential_test

import (
	"context"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fluxcd/pkg/apis/meta"
	"github.com/fluxcd/pkg/auth"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	v1 "github.com/eddy-previews/eddy/api/v1"
	"github.com/eddy-previews/eddy/internal/credential"
	"github.com/eddy-previews/eddy/test/forge"
)

// identities of one account in each cloud.
var identities = map[string]string{
	"eks.amazonaws.com/role-arn":                    "arn:aws:iam::123456789012:role/previews",
	"azure.workload.identity/tenant-id":             "tenant",
	"azure.workload.identity/client-id":             "client",
	"gcp.auth.fluxcd.io/workload-identity-provider": "projects/1/locations/global/workloadIdentityPools/pool/providers/cluster",
}

// world is the clouds, with registries and a forge in them, behind a proxy.
type world struct {
	*bench
	*forge.Internet
	cloud *forge.Cloud
	proxy *meta.LocalObjectReference
	azure *forge.Forge
}

func newWorld(t *testing.T) *world {
	t.Helper()
	auth.EnableObjectLevelWorkloadIdentity()
	w := &world{bench: newBench(t), azure: forge.NewAzureDevOps(t)}
	w.create(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "previews", Annotations: identities}})
	w.cloud = forge.NewCloud(t, w.namespace, "previews")
	hosts := w.cloud.Hosts()
	registry := forge.NewRegistry(t)
	registry.Push(t, "", "v1", "v2")
	hosts["123456789012.dkr.ecr.eu-west-1.amazonaws.com"] = registry
	hosts["europe-docker.pkg.dev"] = registry
	azure := forge.NewRegistry(t)
	azure.Push(t, "", "v1")
	hosts["acme.azurecr.io"] = w.cloud.ACR(azure)
	w.azure.Accept("entra-499b84ac-1321-427f-aa17-267ca6975798")
	w.azure.Open(forge.Request{})
	hosts["dev.azure.com"] = w.azure
	w.Internet = forge.NewInternet(t, authority, hosts)
	operators, err := url.Parse(w.URL)
	if err != nil {
		t.Fatal(err)
	}
	outside.to.Store(operators)
	w.proxy = w.secret("proxy", map[string]string{"address": w.URL, "username": "flux", "password": forge.Token})
	return w
}

func TestAnAccountHasAnIdentityInEachCloud(t *testing.T) {
	cases := map[string]struct {
		kind, url, audience string
		count               int
	}{
		"ECR":          {v1.InputProviderECRArtifactTag, "oci://123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/api", "sts.amazonaws.com", 2},
		"GAR":          {v1.InputProviderGARArtifactTag, "oci://europe-docker.pkg.dev/acme/api", "//iam.googleapis.com/" + identities["gcp.auth.fluxcd.io/workload-identity-provider"], 2},
		"ACR":          {v1.InputProviderACRArtifactTag, "oci://acme.azurecr.io/acme/api", "api://AzureADTokenExchange", 1},
		"Azure DevOps": {v1.InputProviderAzureDevOpsPullRequest, "https://dev.azure.com", "api://AzureADTokenExchange", 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if c.kind == w.azure.Type {
				repository, _ := url.Parse(w.azure.URL) // it is one
				c.url += repository.Path
			}
			for _, account := range []string{"previews", ""} {
				w.DefaultAccount = "previews"
				provider := w.provider(v1.ResourceSetInputProviderSpec{Type: c.kind, URL: c.url, ServiceAccountName: account, ProxySecretRef: w.proxy})
				w.want(provider, c.count)
			}
			if got := w.cloud.Exchanged(); !slices.Equal(got, []string{c.audience}) {
				t.Errorf("exchanged tokens for %q, want one for %q", got, c.audience)
			}
		})
	}
}

func TestCodeCommitIsSignedForWithTheRoleOfAnAccount(t *testing.T) {
	w := newWorld(t)
	provider := w.provider(v1.ResourceSetInputProviderSpec{
		Type: v1.InputProviderAWSCodeCommitPullRequest, URL: "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/api",
		ServiceAccountName: "previews", ProxySecretRef: w.proxy,
	})
	config, err := w.Config(context.Background(), credential.Of(provider))
	if err != nil {
		t.Fatal(err)
	}
	credentials, err := config.AWS.Retrieve(context.Background())
	if err != nil || credentials.AccessKeyID != "AKIA" || credentials.SessionToken != "session" {
		t.Errorf("got %+v, %v", credentials.AccessKeyID, err)
	}
}

func TestAnIdentityThatIsMissingOrRefusedIsSaid(t *testing.T) {
	w := newWorld(t)
	w.create(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "nobody"}})
	w.create(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: "other", Annotations: identities}})
	for account, words := range map[string]string{"absent": "not found", "nobody": "tenant-id", "other": "access_denied"} {
		for kind, at := range map[string]string{v1.InputProviderACRArtifactTag: "oci://acme.azurecr.io/acme/api", v1.InputProviderAzureDevOpsPullRequest: "https://dev.azure.com/o/p/_git/r"} {
			// The cloud repeats the token that it refuses.
			_, err := w.list(w.provider(v1.ResourceSetInputProviderSpec{Type: kind, URL: at, ServiceAccountName: account, ProxySecretRef: w.proxy}))
			if err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "eyJ") {
				t.Errorf("%s as %s: %v", kind, account, err)
			}
		}
	}
}

func TestAnAzureDevOpsServerOfOnesOwnKnowsNoIdentities(t *testing.T) {
	b := newBench(t)
	config, err := b.Config(context.Background(), credential.Of(b.provider(v1.ResourceSetInputProviderSpec{Type: v1.InputProviderAzureDevOpsPullRequest, URL: "https://azure.example.com/c/p/_git/r"})))
	if err != nil || config.Credentials.Token != "" {
		t.Errorf("got %+v, %v", config.Credentials, err)
	}
}

func TestTheProxyOfTheSecretIsTakenAndNoneElse(t *testing.T) {
	b := newBench(t)
	f := forge.NewGitHub(t)
	f.Open(forge.Request{})
	internet := forge.NewInternet(t, authority, map[string]http.Handler{"github.example.com": f})
	auth := b.secret("auth", map[string]string{"username": "flux", "password": forge.Token})
	right := b.secret("right", map[string]string{"address": internet.URL, "username": "flux", "password": forge.Token})
	wrong := b.secret("wrong", map[string]string{"address": internet.URL, "username": "flux", "password": "wr0ng-s3cret"})
	for _, scheme := range []string{"http", "https"} {
		spec := v1.ResourceSetInputProviderSpec{Type: f.Type, URL: scheme + "://github.example.com/acme/api", SecretRef: auth, ProxySecretRef: right}
		b.want(b.provider(spec), 1)
		spec.ProxySecretRef = wrong
		if _, err := b.list(b.provider(spec)); err == nil || strings.Contains(err.Error(), "wr0ng-s3cret") {
			t.Errorf("%s: with a wrong password: %v", scheme, err)
		}
	}
	if asked := internet.Asked("github.example.com"); asked != 2 {
		t.Errorf("the forge was asked %d times", asked)
	}
	for name, texts := range map[string]map[string]string{"none": {"username": "flux"}, "odd": {"address": "ftp://u:s3cret@proxy"}, "host": {"address": "proxy:3128"}} {
		spec := v1.ResourceSetInputProviderSpec{Type: f.Type, URL: f.URL, ProxySecretRef: b.secret(name, texts)}
		if _, err := b.list(b.provider(spec)); err == nil || !strings.HasPrefix(err.Error(), "spec.proxySecretRef: ") || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTheOperatorsOwnIdentityServesWhoNamesNone(t *testing.T) {
	w := newWorld(t)
	token := w.tokenOf("previews") // as EKS and AKS put it into a pod
	google := w.file(`{"type": "external_account", "audience": "//iam.googleapis.com/pool", "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
		"token_url": "https://sts.googleapis.com/v1/token", "credential_source": {"file": "` + token + `"}}`)
	for name, value := range map[string]string{
		"AWS_CA_BUNDLE": "", "AWS_REGION": "eu-west-1", "AWS_ROLE_ARN": identities["eks.amazonaws.com/role-arn"], "AWS_WEB_IDENTITY_TOKEN_FILE": token,
		"AZURE_CLIENT_ID": "client", "AZURE_TENANT_ID": "tenant", "AZURE_FEDERATED_TOKEN_FILE": token, "AZURE_AUTHORITY_HOST": "https://login.microsoftonline.com/",
		"GOOGLE_APPLICATION_CREDENTIALS": google,
	} {
		t.Setenv(name, value)
	}
	for kind, at := range map[string]string{
		v1.InputProviderECRArtifactTag: "oci://123456789012.dkr.ecr.eu-west-1.amazonaws.com/acme/api",
		v1.InputProviderGARArtifactTag: "oci://europe-docker.pkg.dev/acme/api",
		v1.InputProviderACRArtifactTag: "oci://acme.azurecr.io/acme/api",
	} {
		if _, err := w.list(w.provider(v1.ResourceSetInputProviderSpec{Type: kind, URL: at, ProxySecretRef: w.proxy})); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if got := len(w.cloud.Exchanged()); got != 3 {
		t.Errorf("%d tokens were exchanged", got)
	}
}

// tokenOf writes the token of an account into a file.
func (w *world) tokenOf(account string) string {
	w.t.Helper()
	request := &authenticationv1.TokenRequest{}
	err := server.Client.SubResource("token").Create(context.Background(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: account, Namespace: w.namespace}}, request)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.file(request.Status.Token)
}

func (w *world) file(text string) string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

package codecommit

import (
	"testing"

	"github.com/eddy-previews/eddy/internal/forge"
)

func TestOfAnARNThatIsTakenWhichItsHolderCannotChoose(t *testing.T) {
	for arn, want := range map[string]string{
		"arn:aws:iam::111122223333:user/team/ada":                             "arn:aws:iam::111122223333:user/team/ada",
		"arn:aws:iam::111122223333:root":                                      "arn:aws:iam::111122223333:root",
		"arn:aws:sts::111122223333:assumed-role/developer/ada":                "arn:aws:sts::111122223333:assumed-role/developer",
		"arn:aws-cn:sts::111122223333:assumed-role/developer/a:b@example.com": "arn:aws-cn:sts::111122223333:assumed-role/developer",
		"arn:aws:sts::111122223333:assumed-role/developer":                    "arn:aws:sts::111122223333:assumed-role",
		"arn:aws:sts::111122223333:federated-user/ada":                        "arn:aws:sts::111122223333:federated-user",
		"arn:aws:s3:::bucket/ada":                                             forge.Unnamed,
		"ada":                                                                 forge.Unnamed,
		"":                                                                    forge.Unnamed,
	} {
		if got := arnLogin(arn); got != want {
			t.Errorf("of %q it is %q, want %q", arn, got, want)
		}
	}
}

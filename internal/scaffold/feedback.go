package scaffold

import (
	"fmt"

	"github.com/eddy-previews/eddy/internal/source"
)

const (
	// toldText lets the requests of a provider be told what becomes of their previews.
	toldText = `  feedback: # one comment on each request, and the status of its commit
    secretRef:
      name: %s
`
	// tellingText is the Secret to tell them with.
	tellingText = `---
# Another token, of somebody who may comment (%s) and set
# the status of a commit (%s). The one above stays one that only reads.
apiVersion: v1
kind: Secret
metadata:
  name: %s
  namespace: %s
stringData:
  username: flux # at Bitbucket Cloud the mail address that an API token belongs to
  password: TO-CHANGE
`
)

// Telling is what is needed to tell requests.
type Telling struct {
	// Secret is its name, Comment and Status the permissions that its token needs.
	Secret, Comment, Status string
}

// telling says what is needed; nil where requests are told nothing.
func (d *derivation) telling() *Telling {
	if !d.answers.Feedback {
		return nil
	}
	return &Telling{
		Secret:  d.forge.examples + "-write",
		Comment: source.Permission(d.forge.kind, source.Comment), Status: source.Permission(d.forge.kind, source.Status),
	}
}

// tellRequests adds to the provider that was derived last that its requests are told.
func (d *derivation) tellRequests() {
	if t := d.telling(); t != nil {
		d.files[len(d.files)-1].Text += fmt.Sprintf(toldText, t.Secret)
	}
}

// tellWith adds to the example of the Secret that was derived last another one.
func (d *derivation) tellWith() {
	if t := d.telling(); t != nil {
		d.files[len(d.files)-1].Text += fmt.Sprintf(tellingText, t.Comment, t.Status, t.Secret, d.answers.Namespace)
	}
}

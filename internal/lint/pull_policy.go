package lint

import (
	"fmt"
	"strings"
)

// pullPolicy finds an image whose tag stays while CI pushes it anew: a node that
// has pulled the tag once starts the old image again.
func pullPolicy(c container) *Finding {
	if !c.keepsTag() || textAt(c.a.Object, c.field("imagePullPolicy")...) == "Always" || strings.Contains(c.image, "@sha256:") {
		return nil
	}
	position := c.a.where(c.field("image")...)
	return &Finding{
		Position: position,
		Message:  fmt.Sprintf("the tag of %s moves with each push, and a node that has it does not pull it again", c.image),
		Fix:      c.a.repair(position, "set imagePullPolicy: Always"),
	}
}

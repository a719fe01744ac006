package image

import (
	"bytes"
	"encoding/pem"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// certificatesFile is where programs look for the authorities that they trust.
const certificatesFile = "etc/ssl/certs/ca-certificates.crt"

// certificates are those of the authorities that Mozilla trusts. Those that are
// trusted on a condition are left out: a file cannot tell it.
func certificates() []byte {
	var out bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			out.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}))
		}
	}
	return out.Bytes()
}

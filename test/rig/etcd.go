package rig

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// alarm switches etcd's alarm for a full disk.
func (r *Rig) alarm(ctx context.Context, action string) error {
	url := r.environment.ControlPlane.Etcd.URL.JoinPath("/v3/maintenance/alarm")
	body := strings.NewReader(`{"action": "` + action + `", "alarm": "NOSPACE", "memberID": 1}`)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url.String(), body)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("asking etcd to %s the alarm: %w", strings.ToLower(action), err)
	}
	defer resp.Body.Close() //nolint:errcheck // it is only read
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("etcd answered %s: %s: %w", resp.Status, text, err)
	}
	return nil
}

package scaffold

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
)

// remote is the URL of the repository that the fleet was cloned from, as a browser has
// it; "" when it is not known.
func (f *found) remote() string {
	if f.root == nil {
		return ""
	}
	text, err := f.root.Read(filepath.Join(".git", "config"))
	if err != nil {
		return "" // no repository of git, or one that keeps it elsewhere
	}
	first, section := "", ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "[") {
			section = line
			continue
		}
		key, value, _ := strings.Cut(line, "=")
		if strings.TrimSpace(key) != "url" || !strings.HasPrefix(section, "[remote ") {
			continue
		}
		found := browsed(strings.TrimSpace(value))
		if section == `[remote "origin"]` {
			return found
		}
		if first == "" {
			first = found
		}
	}
	return first
}

// scp is how ssh is written without a scheme: git@github.com:acme/api.git.
var scp = regexp.MustCompile(`^(?:[\w.-]+@)?([\w.-]+):([^/].*)$`)

// browsed is the URL at which a browser finds a repository that is cloned from
// another, without credentials; "" where that cannot be told.
func browsed(clone string) string {
	if parts := scp.FindStringSubmatch(clone); parts != nil {
		clone = "ssh://" + parts[1] + "/" + parts[2]
	}
	parsed, err := url.Parse(clone)
	if err != nil || parsed.Host == "" {
		return ""
	}
	host, parts := parsed.Host, strings.Split(strings.TrimSuffix(strings.Trim(parsed.Path, "/"), ".git"), "/")
	switch parsed.Scheme {
	case "http", "https":
		return parsed.Scheme + "://" + host + "/" + strings.Join(parts, "/")
	case "ssh", "git+ssh":
	default:
		return ""
	}
	switch {
	case parsed.Hostname() == "ssh.dev.azure.com" && len(parts) == 4: // v3/ORGANISATION/PROJECT/REPOSITORY
		return "https://dev.azure.com/" + parts[1] + "/" + parts[2] + "/_git/" + parts[3]
	case parsed.Port() == "7999" && len(parts) == 2: // the port of a Bitbucket Data Center
		return "https://" + parsed.Hostname() + "/projects/" + parts[0] + "/repos/" + parts[1]
	}
	return "https://" + parsed.Hostname() + "/" + strings.Join(parts, "/")
}

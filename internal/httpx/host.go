package httpx

import (
	"net"
	"net/netip"
	"strings"
)

// IsLoopback reports whether a host, without port, is this machine. It accepts
// names and addresses only in the forms that every resolver reads alike, and
// for which net/http bypasses a proxy. Anything else, such as 127.1 or
// *.localhost, depends on the resolver, and a request to LOCALHOST would go
// through the proxy.
func IsLoopback(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Zone() == "" && ip.Unmap().IsLoopback()
	}
	return host == "localhost"
}

// IsName reports whether a host may be a DNS name: letters, digits, hyphens,
// underscores and dots.
func IsName(host string) bool {
	for i := range len(host) {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_':
		default:
			return false
		}
	}
	return strings.Trim(host, ".") != "" && len(host) <= 254
}

// PrintableHost returns a host, without port, if it is a name or an IP address,
// and otherwise substitute. It keeps passwords out of messages: an address
// assembled by hand may have one in the place of the host.
func PrintableHost(host, substitute string) string {
	if isAddress(host) || IsName(host) {
		return host
	}
	return substitute
}

// PrintableHostPort is PrintableHost for the host of a URL, which may have a port
// and brackets.
func PrintableHostPort(hostPort, substitute string) string {
	host := hostPort
	if h, port, err := net.SplitHostPort(hostPort); err == nil && isPort(port) {
		host = h
	} else if inner, ok := strings.CutPrefix(hostPort, "["); ok {
		host, _ = strings.CutSuffix(inner, "]")
	}
	if PrintableHost(host, "") == "" {
		return substitute
	}
	return hostPort
}

func isPort(port string) bool {
	return len(port) <= 5 && strings.Trim(port, "0123456789") == ""
}

// isAddress accepts an IP address. A zone, which may be any text, must look like a
// name.
func isAddress(host string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && (ip.Zone() == "" || IsName(ip.Zone()))
}

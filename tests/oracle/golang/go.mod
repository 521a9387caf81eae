module golang

// CoreDNS's own line, which decides on the GODEBUG defaults.
go 1.25.0

require github.com/miekg/dns v1.1.72

require (
	golang.org/x/net v0.48.0 // indirect
	golang.org/x/sys v0.39.0 // indirect
)

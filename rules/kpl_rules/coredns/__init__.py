"""Stop 2: CoreDNS."""

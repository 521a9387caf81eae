"""What CoreDNS does with a Corefile."""

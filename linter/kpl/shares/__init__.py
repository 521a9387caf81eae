"""What documents contribute to their clusters: small values that can be sent to another process and kept."""

"""The configuration of kube-proxy: its fields and modes by release, and what kube-proxy says of it before it starts."""

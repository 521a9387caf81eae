"""The configuration of what installs clusters: what it says of kube-proxy, cluster DNS and networks."""

"""nftables mode: the names that kube-proxy gives, what its table holds, and the state of the node that it makes."""

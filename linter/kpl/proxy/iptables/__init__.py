"""iptables mode: the chains that kube-proxy writes, what they cost, and the state of the node that they make."""

"""IPVS mode: kube-proxy's IP sets, and the state of the node that they and the virtual servers make."""

"""Stop 1: the pod's resolver."""

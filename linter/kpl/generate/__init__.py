"""Tuned configurations out of what is known of a cluster; every line that is not the default says why it is there."""

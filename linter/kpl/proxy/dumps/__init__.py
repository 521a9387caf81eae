"""Dumps, whatever they were taken of: read back as states of their nodes, with the releases they may be from."""

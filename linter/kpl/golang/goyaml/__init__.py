"""YAML as go-yaml v2 reads it, with its limits and in its words: the nodes of the first document of a file."""

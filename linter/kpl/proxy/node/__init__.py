"""The model of a node: what happens to the traffic of each port of each Service, and how two such states differ.

Everything that reads a dump, or the objects of a cluster, makes this model; it knows none of them.
"""

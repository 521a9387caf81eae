"""One module a plugin: `setup` does with the directive's tokens what the plugin's own setup function does.

It returns the plugin's typed model and raises RefusedError with CoreDNS's message; where a release differs from the
newest one, the code says since when.
"""

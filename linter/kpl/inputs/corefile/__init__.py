"""Corefiles: the file as its author sees it."""

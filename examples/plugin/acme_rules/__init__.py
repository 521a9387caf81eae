"""ACME's rules for kpl."""

"""Fixes: choose, apply, verify, repeat; and write what stands the test."""

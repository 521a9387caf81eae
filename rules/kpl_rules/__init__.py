"""The built-in rules: one rule, one file, filed by the stop of the journey that it is about."""

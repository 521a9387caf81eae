"""``python -m kpl``."""

from kpl.cli.main import main

main()

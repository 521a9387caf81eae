from __future__ import annotations

import os
import sys
from pathlib import Path

from hypothesis import settings

# a busy machine is no fault
settings.register_profile("kpl", deadline=None)
settings.load_profile("kpl")

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests")]

# each test that starts kpl would compile all of it again
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

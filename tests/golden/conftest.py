"""The golden modules stand beside each other and are no package: make them importable by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

"""The lists that the program ships to show itself: one real, the others invented.

`data/un_consolidated.xml` is the Security Council's own list. Everything else is invented by `generate.py`:
companies are named 示例…, their codes have division 420399, people have the never-issued division 990000.
"""

from pathlib import Path

DATA = Path(__file__).parent / "data"

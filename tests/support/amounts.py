"""How much the tests do: a sample in `make test`, the full count in `make soak`.

A test that takes a sample is marked `sampled`, and those with generated inputs (hypothesis) are marked so by
`conftest.py`; `make soak` runs all of them again with `XINGATE_TESTS_FULL=1`.
"""

import os

IS_FULL = bool(os.environ.get("XINGATE_TESTS_FULL"))
EXAMPLES = 100 if IS_FULL else 30


def amount(full: int, sample: int) -> int:
    """The count that this run takes."""
    return full if IS_FULL else sample

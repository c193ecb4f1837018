"""The dataclasses and words that `xingate.types` shows."""

"""The bytes of a leaf, and the terms by which a search finds it."""

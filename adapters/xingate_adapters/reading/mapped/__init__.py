"""Lists that a mapping file describes, read without code."""

"""Whether a row becomes an entry, and of whom."""

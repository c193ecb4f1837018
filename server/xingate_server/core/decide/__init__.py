"""The decision, and the rules that it applies (DESIGN section 4)."""

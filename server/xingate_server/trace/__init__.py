"""The durable log of lookups: no answer leaves before its leaf is on disk (DESIGN section 7)."""

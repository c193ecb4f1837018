"""Immutable snapshots: compiled from records, stored in LMDB, opened read-only."""

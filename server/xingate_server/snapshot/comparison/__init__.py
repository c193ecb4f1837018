"""What a new snapshot changes."""

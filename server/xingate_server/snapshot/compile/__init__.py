"""From records to a snapshot."""

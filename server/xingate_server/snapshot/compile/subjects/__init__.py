"""From the admitted rows of a subject to its file in the snapshot."""

"""`xingate compile`."""

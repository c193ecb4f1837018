"""`xingate trace`."""

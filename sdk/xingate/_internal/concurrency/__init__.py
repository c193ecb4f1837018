"""What differs in kind between the two clients: tasks of an event loop, or threads."""

"""JSON bodies and queries: the models of what may be sent, and how they are read."""

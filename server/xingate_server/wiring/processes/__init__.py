"""The processes of a running gateway: the parent and its workers."""

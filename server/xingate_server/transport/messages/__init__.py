"""Between the messages of `xingate.v1` and what the gateway takes and returns."""

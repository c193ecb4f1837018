"""The way to a gateway over gRPC."""

"""The ways to a gateway: gRPC, HTTP, in-process, streams."""

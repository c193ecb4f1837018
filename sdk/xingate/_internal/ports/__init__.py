"""The ways to a gateway: gRPC, HTTP, in-process. `port` says what a client needs of each."""

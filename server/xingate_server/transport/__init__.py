"""gRPC, HTTP and in-process faces of the gateway: messages in, messages out, one table of error codes."""

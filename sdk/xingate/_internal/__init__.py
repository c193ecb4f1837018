"""Private to the SDK: nothing outside `xingate` imports from here.

values        the dataclasses, enums and words that `xingate.types` shows
calls         each call: the bytes of its request, and how to read its answer
ports         the ways to a gateway: gRPC, HTTP, in-process
concurrency   what differs in kind between the two clients
proof         signed notes, proven facts, the files of a spool and their verification
fake          the parts of `xingate.testing.FakeGateway`
"""

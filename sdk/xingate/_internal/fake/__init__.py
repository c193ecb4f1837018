"""The parts of `xingate.testing.FakeGateway`."""

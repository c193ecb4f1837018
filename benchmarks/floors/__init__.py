"""What the transport and the stores cost alone: servers that do nothing, with answers as large as ours."""

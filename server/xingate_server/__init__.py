"""The xingate gateway: admission, snapshot, decision, trace and transports."""

"""Where the parts meet: settings, sources, snapshot, gateway, transports. Nothing else imports them all."""

"""Double publicity: administrative permits and penalties as they are published within seven working days."""

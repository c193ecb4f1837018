"""What receipts, notes and spools are made of."""

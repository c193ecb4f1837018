"""What the gateway does with records of earlier lookups: receipts, outcomes, searches, usage, replay."""

"""Sources, catalogue, calendar and key brought together for a compile."""

"""Names: compared, shortened, and found when they are written otherwise. Never an identity."""

"""The courts' list of dishonest judgment debtors."""

"""What stands in one cell: text, days, numbers, numbers that a spreadsheet rounded."""

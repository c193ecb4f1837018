"""Tables from csv and xlsx files: their form, headers, columns and rows."""

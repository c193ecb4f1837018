"""Reading a whole log: checks, reports, recipients, searches."""

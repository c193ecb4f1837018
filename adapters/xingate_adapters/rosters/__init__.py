"""Rosters: bidders, candidates, applicants in a spreadsheet, asked about row by row, answered in a workbook.

`layout` guesses the columns for a person to confirm, `rows` reads, `run` asks through the SDK's public face and keeps
the journal, `workbook` and `pages` write. Excluded: asking itself (`xingate.Client.screen`) and deciding.
"""

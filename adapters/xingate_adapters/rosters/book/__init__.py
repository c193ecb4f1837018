"""The answered roster as a workbook: its texts, its pages, and how wide their columns are."""

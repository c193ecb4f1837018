"""What all sources share: opening files, telling encodings, tables from csv and xlsx, columns, cells, faults.

It stands beside `sources` and not in it, because sources never import each other.
"""

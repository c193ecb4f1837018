"""What the columns and cells of a roster say: labels, meanings, who stands in a cell, and rows that are not parties."""

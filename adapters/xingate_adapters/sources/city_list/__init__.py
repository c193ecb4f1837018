"""The city's red, black, watch, grade and commitment rows."""

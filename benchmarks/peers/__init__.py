"""Other ways to the same answer, with the same lists: Open Policy Agent, a PostgreSQL table, a Python dict."""

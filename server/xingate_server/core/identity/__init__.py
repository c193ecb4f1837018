"""Who is asked about: one subject, several candidates, or nobody."""

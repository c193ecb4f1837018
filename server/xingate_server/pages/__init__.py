"""Pages for people that load nothing from elsewhere: the printable receipt, the page of the API."""

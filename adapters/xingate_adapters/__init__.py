"""Adapters: the lists that authorities export (`sources`) and the systems that must ask (`systems`)."""

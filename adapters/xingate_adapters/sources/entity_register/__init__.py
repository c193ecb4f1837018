"""Registers of entities that exist: names, codes, days of registration."""

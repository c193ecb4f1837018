"""The main use case: snapshot + decide + trace."""

"""The US Treasury's list of specially designated nationals (SDN)."""

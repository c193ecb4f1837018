"""The Merkle tree over a log: tiles, proofs, signed checkpoints."""

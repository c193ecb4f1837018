"""Checkpoints outside the reach of the operator: anchors and witnesses."""

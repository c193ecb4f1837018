"""Pure rules: identifiers, entries, the catalogue, admission and the decision.

Nothing here touches the network, the disk or the clock: time and data arrive as arguments.
"""

"""Each call as a `Call`: how its request is made, and how its answer is read. Nothing here waits or sends."""

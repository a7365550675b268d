"""Feature rows of more images than one machine holds: headstart's exported backbone on a Ray cluster.

The modules in import order: `refused`, `store` (paths and whole files), `bundle` (what is computed), `pixels` (file to
pixels), `source` (which images, in which blocks), `shard` (the feature format), `block` (one worker's work), `run`.
"""

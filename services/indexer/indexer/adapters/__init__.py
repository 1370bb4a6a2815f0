"""Search indices, embedders and what they keep."""

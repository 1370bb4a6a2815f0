"""A painter without a model: it reads a prompt's words and builds the scene that they name.

words → scene → (sky, land, solids) → light → weather → finish. Everything follows from the prompt
and the seed. Lengths are in metres of the scene's own scale; the camera looks along +z.
"""

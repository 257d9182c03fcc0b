"""Sealed packs: textures, meshes and wordings that nobody could train on before the cycle that uses them is over.

`format` says what a pack is and reads and writes its file; `meshes` are the conditions that its meshes meet; `making`
draws a new one; `sources` reads an operator's own pictures, meshes and sentences; `directory` keeps packs by digest;
`versions` has what binds an episode to its pack.
"""

"""For tests of Homeward and of what plugs into it: drawn rooms, disk images, hostile files, a demo case, conformance kits.

Everything is benign, made at run time from a seed, and the same on every machine.
"""

"""Sample generators: for each dataset a made-up landing zone, with the real files' defects in known numbers.

A package of its own, for laptops and tests: what runs on Glue has no use for it.
"""

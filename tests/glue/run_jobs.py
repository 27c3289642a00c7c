"""Runs Glue scripts one after another in one process, as `python script.py arguments` would, for one Java serves all.

Standard input is a JSON list of [script, *arguments]; before each one's output a line `=== n` is printed, and after it
`=== n ended: ` with what Python would exit with: 0, or a text, which means 1.
"""

import json
import runpy
import sys

for number, (script, *arguments) in enumerate(json.load(sys.stdin)):
    print(f"=== {number}", flush=True)
    sys.argv = [script, *arguments]
    code: object = 0
    try:
        runpy.run_path(script, run_name="__main__")
    except SystemExit as error:
        code = error.code or 0
    print(f"=== {number} ended: {code}", flush=True)

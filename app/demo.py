"""The web demo as a program of its own: `python app/demo.py`, with the options of `omnitalker demo`."""

import sys

from omnitalker.cli.main import run

if __name__ == "__main__":
    sys.argv.insert(1, "demo")
    run()

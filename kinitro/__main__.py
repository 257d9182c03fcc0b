"""`python -m kinitro`."""

from kinitro.cli import main

main()

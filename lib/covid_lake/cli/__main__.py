"""`python -m covid_lake.cli` is the command `covid-lake`."""

from covid_lake.cli.main import main

main()

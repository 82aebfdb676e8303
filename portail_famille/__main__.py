"""`python -m portail_famille`: the command line without its script, for the processes that start others."""

from portail_famille.cli import main

main(prog_name="portail-famille")

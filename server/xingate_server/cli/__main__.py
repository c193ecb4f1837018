"""`python -m xingate_server.cli`: the same as the `xingate` command."""

from xingate_server.cli import main

main()

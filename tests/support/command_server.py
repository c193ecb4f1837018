"""Loads the program once and forks a process for each command that `tests.support.commands` wants run.

Started with the number of a Unix socket, through which each request comes as four open files: a connection and the
three standard streams. The connection carries arguments, folder and environment as a line of JSON, and back the
process id, and the exit code as `subprocess` gives it. It ends when the socket is closed.
"""

import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys

FILES = 4


def load() -> None:
    """Import what commands import, so that their processes need not."""
    import xingate_server.cli
    import xingate_server.wiring

    for package in (xingate_server.cli, xingate_server.wiring):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith(("__main__", "postgres")):
                importlib.import_module(module.name)


def main() -> None:
    """Fork for each request until the socket is closed."""
    door = socket.socket(fileno=int(sys.argv[1]))
    load()
    gc.freeze()  # what is loaded is neither looked through nor copied in a child
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps those who wait for a command
    while files := socket.recv_fds(door, 1, FILES)[1]:
        if os.fork() == 0:
            door.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            answer(socket.socket(fileno=files[0]), files[1:])
            return
        for each in files:
            os.close(each)


def answer(connection: socket.socket, streams: list[int]) -> None:
    """Run the command of one request in a child and send its exit code. In the child it ends by SystemExit."""
    talk = connection.makefile("rw", encoding="utf-8")
    wanted = json.loads(talk.readline())
    child = os.fork()
    if child == 0:
        talk.close()
        connection.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(wanted["folder"])
        os.environ.clear()
        os.environ.update(wanted["environment"])
        from xingate_server.cli import main as command

        command(wanted["arguments"])
    for stream in streams:
        os.close(stream)
    talk.write(f"{child}\n")
    talk.flush()
    talk.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
    talk.flush()


if __name__ == "__main__":
    main()

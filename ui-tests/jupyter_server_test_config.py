"""The server of the UI tests: no login, on the loopback only. Never use it for anything else."""

from jupyterlab.galata import configure_jupyter_server

configure_jupyter_server(c)
c.ServerApp.ip = "127.0.0.1"

"""The Jupyter server extension."""

from __future__ import annotations

from pathlib import Path

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from tornado.ioloop import IOLoop

from jupyter_mlops.config import Settings
from jupyter_mlops.server.backend import EVENTS_FILE, Backend
from jupyter_mlops.server.base import BASE_PATH
from jupyter_mlops.server.handlers import ROUTES


class MlopsExtension(ExtensionApp):
    """Serves the REST interface, and tells JupyterLab what changes."""

    name = "jupyter_mlops"
    extension_url = "/lab"
    load_other_extensions = True

    backend: Backend

    def initialize_settings(self) -> None:
        """Make the services, and start them when the event loop runs."""
        assert self.serverapp is not None and self.serverapp.event_logger is not None
        self.serverapp.event_logger.register_event_schema(EVENTS_FILE)
        self.backend = Backend(
            Settings.load(),
            Path(self.serverapp.contents_manager.root_dir),
            self.serverapp.event_logger,
            self.serverapp.session_manager.list_sessions,
            self.log,
        )
        self.backend.prepare_kernels()
        self.backend.listen_to(self.serverapp.kernel_manager, self.serverapp.web_app.settings)
        self.settings["jupyter_mlops"] = self.backend
        IOLoop.current().add_callback(self.backend.start)

    def initialize_handlers(self) -> None:
        """Put the routes under `/jupyter-mlops/api`."""
        self.handlers.extend((url_path_join(BASE_PATH, path), handler) for path, handler in ROUTES)

    async def stop_extension(self) -> None:
        """End what `initialize_settings` began."""
        await self.backend.stop()

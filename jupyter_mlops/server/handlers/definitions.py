"""`/definitions`: jobs as a file in git, and those of jupyter-scheduler taken over."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.jobs.definitions.definition import read_definitions
from jupyter_mlops.jobs.definitions.export import as_yaml
from jupyter_mlops.jobs.definitions.scheduler_import import import_definitions
from jupyter_mlops.jobs.definitions.service import (
    DEFAULT_FILE,
    DefinitionFile,
    DefinitionService,
    path_below,
)
from jupyter_mlops.server.base import MlopsHandler


class _Definitions(MlopsHandler):
    @property
    def definitions(self) -> DefinitionService:
        """Of this server's root."""
        return DefinitionService(self.backend.store, self.backend.settings, self.backend.root)

    def changes(self, body: dict[str, Any], *, done: bool) -> dict[str, Any]:
        """Plan or (done) apply what the body has."""
        file = DefinitionFile.below(self.backend.root, body.get("file", DEFAULT_FILE), body.get("text"))
        work = self.definitions.apply if done else self.definitions.plan
        made = work(file, adopt=body.get("adopt", False))
        changed = {change.job for change in made}
        named = [job.name for job in read_definitions(file.text, file.name).jobs]
        return {
            "applied": done,
            "changes": [change.as_dict(done=done) for change in made],
            "unchanged": [name for name in named if name not in changed],
        }


class DefinitionsHandler(_Definitions):
    """The jobs as a file has them."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with the file of all jobs of this server's root, or of those named."""
        told = await self.in_thread(self.definitions.export, self.get_query_arguments("job"))
        await self.answer(lambda: {"definitions": told, "text": as_yaml(told)})


class PlanHandler(_Definitions):
    """What a file would change."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with what would be made, changed and deleted; nothing is stored."""
        body = await self.body("DefinitionFile")
        await self.answer(await self.in_thread(self.changes, body, done=False))


class ApplyHandler(_Definitions):
    """What a file changes."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Make the jobs what the file says, all of it or nothing."""
        body = await self.body("DefinitionFile")
        await self.answer(await self.in_thread(self.changes, body, done=True))


class SchedulerImportHandler(MlopsHandler):
    """The definitions of an installed jupyter-scheduler."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with what becomes of each; no job is made unless `dry_run` is false."""
        await self.answer(await self.in_thread(self._import, await self.body("SchedulerImport")))

    def _import(self, body: dict[str, Any]) -> dict[str, Any]:
        backend, database = self.backend, body.get("database")
        dry_run = body.get("dry_run", True)
        done = import_definitions(
            backend.store,
            backend.settings,
            backend.root,
            None if database is None else path_below(backend.root, database, "database"),
            notebooks=body.get("notebooks"),
            activate=body.get("activate", False),
            dry_run=dry_run,
        )
        return {"dry_run": dry_run, "definitions": [asdict(one) for one in done]}


ROUTES = [
    (r"/definitions", DefinitionsHandler),
    (r"/definitions/plan", PlanHandler),
    (r"/definitions/apply", ApplyHandler),
    (r"/definitions/import-scheduler", SchedulerImportHandler),
]

"""`/models` and `/data-uses`: the tracking server's registry, and where its versions come from."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyter_mlops.errors import BadInputError, NotFoundError, TrackingUnavailableError
from jupyter_mlops.models.card import write_card
from jupyter_mlops.models.comparison import code_diff, compare_versions
from jupyter_mlops.models.lineage import draw_lineage
from jupyter_mlops.models.uses import runs_reading
from jupyter_mlops.models.views import VersionDossier, model_page, open_dossier
from jupyter_mlops.notebooks.snapshots import SnapshotStore
from jupyter_mlops.server.base import MlopsHandler
from jupyter_mlops.tracking.gateway import Answer

CARD_FORMATS = ("markdown", "html")


class _ModelHandler(MlopsHandler):
    """What the handlers of one model share: asking the tracking process, and opening a version's dossier."""

    async def ask(self, question: str, **arguments: str) -> tuple[Any, Answer]:
        """The newest answer there is.

        Raises:
            NotFoundError: there is no such thing.
            TrackingUnavailableError: the tracking server never answered this.
        """
        said = await self.backend.tracking.ask(question, **arguments)
        if said.value is None:
            raise TrackingUnavailableError(
                said.problem or "The tracking server does not answer just now; ask again shortly.",
                field="tracking_uri",
                hint="See `jupyter mlops doctor` for the tracking server in use.",
            )
        if isinstance(said.value, dict) and "missing" in said.value:
            problem = said.value["missing"]
            raise NotFoundError(problem["message"], field=problem["field"], hint=problem["hint"])
        return said.value, said

    async def dossier(self, name: str, version: str) -> VersionDossier:
        """All that is known of a version; raises as `ask`."""
        said, _ = await self.ask("version", name=name, version=version)
        return await self.in_thread(lambda: open_dossier(self.backend.store, said["found"]))


class ModelsHandler(MlopsHandler):
    """The registered models, as far as the tracking server answers."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with `ModelList`: the newest there is, and its age."""
        said = await self.backend.tracking.ask("models")
        await self.answer(
            {
                "items": said.value or [],
                "answered_at": said.answered_at.isoformat() if said.answered_at else None,
                **_freshness(said),
            }
        )


class ModelHandler(_ModelHandler):
    """One registered model."""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        """Answer with `ModelPage`."""
        said, answer = await self.ask("model", name=name)
        uri = self.backend.settings.tracking_uri
        page = await self.in_thread(lambda: model_page(self.backend.store, said["found"], uri))
        await self.answer({**page, **_freshness(answer)})


class ModelVersionHandler(_ModelHandler):
    """One version."""

    @web.authenticated
    @authorized
    async def get(self, name: str, version: str) -> None:
        """Answer with `ModelVersionPage`."""
        await self.answer((await self.dossier(name, version)).page)


class LineageHandler(_ModelHandler):
    """Where a version comes from."""

    @web.authenticated
    @authorized
    async def get(self, name: str, version: str) -> None:
        """Answer with `Lineage`."""
        dossier = await self.dossier(name, version)
        await self.answer(draw_lineage(dossier.page, dossier.evidence))


class ModelCardHandler(_ModelHandler):
    """A version's card."""

    @web.authenticated
    @authorized
    async def get(self, name: str, version: str) -> None:
        """Answer with `ModelCard`."""
        form = self.get_query_argument("format", CARD_FORMATS[0])
        if form not in CARD_FORMATS:
            raise BadInputError(
                f"There is no format {form[:40]!r}.", field="format", hint="Give markdown or html."
            )
        dossier = await self.dossier(name, version)
        await self.answer({"format": form, "content": write_card(dossier.page, dossier.evidence, form)})


class ComparisonHandler(_ModelHandler):
    """Two versions of a model."""

    @web.authenticated
    @authorized
    async def get(self, name: str) -> None:
        """Answer with `VersionComparison`."""
        a, b = [(await self.dossier(name, self.required_query(which))).page for which in ("a", "b")]
        snapshots = SnapshotStore(self.backend.settings.snapshots)
        code = await self.in_thread(code_diff, snapshots, a, b)
        await self.answer(compare_versions(a, b, code))


class DataUsesHandler(_ModelHandler):
    """The versions that used some data."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with `DataUses`."""
        data = self.required_query("data").strip()
        if not data:
            raise BadInputError("The data has no name.", field="data", hint="Give a path, a name or a hash.")
        run_ids = await self.in_thread(self._runs_reading, data)
        items, _ = await self.ask("data_uses", data=data, run_ids=" ".join(run_ids))
        await self.answer({"items": items})

    def _runs_reading(self, data: str) -> list[str]:
        with self.backend.store.reading() as session:
            return runs_reading(session, data)


def _freshness(said: Answer) -> dict[str, Any]:
    age_s = None
    if said.answered_at is not None:
        age_s = (datetime.now(timezone.utc) - said.answered_at).total_seconds()
    return {"age_s": age_s, "problem": said.problem}


_MODEL = r"/models/(?P<name>[^/]+)"
_VERSION = rf"{_MODEL}/versions/(?P<version>[^/]+)"

ROUTES = [
    (r"/models", ModelsHandler),
    (_MODEL, ModelHandler),
    (_VERSION, ModelVersionHandler),
    (rf"{_VERSION}/lineage", LineageHandler),
    (rf"{_VERSION}/card", ModelCardHandler),
    (rf"{_MODEL}/comparison", ComparisonHandler),
    (r"/data-uses", DataUsesHandler),
]

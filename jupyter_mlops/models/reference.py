"""How people name a model version: `models:/NAME@champion`, `NAME/3`, `NAME`."""

from __future__ import annotations

from dataclasses import dataclass

from jupyter_mlops.errors import BadInputError
from jupyter_mlops.models.plan import CHAMPION
from jupyter_mlops.tracking.registry import check_model_name

_SCHEME = "models:/"


@dataclass(frozen=True)
class ModelReference:
    """A version of a registered model, by its number or by an alias.

    Args:
        name: the registered model's.
        version: a number, or `@` and an alias.
    """

    name: str
    version: str

    @classmethod
    def parse(cls, text: str, field: str = "model") -> ModelReference:
        """Read a reference; a name alone means its champion.

        Raises:
            BadInputError: it is none.
        """
        bare = text.strip().removeprefix(_SCHEME)
        if "@" in bare:
            name, _, alias = bare.partition("@")
            version = f"@{alias}"
        else:
            name, slash, version = bare.partition("/")
            version = version if slash else f"@{CHAMPION}"
        if version == "@" or not (version.startswith("@") or version.isdecimal()):
            raise BadInputError(
                f"{text!r} names no version of a model.",
                field=field,
                hint="Give models:/NAME@champion, or models:/NAME/3.",
            )
        return cls(check_model_name(name), version)

    @classmethod
    def of(cls, name: str, version: str | None) -> ModelReference:
        """A reference from its parts; without a version, the champion.

        Raises:
            BadInputError: they make none.
        """
        version = version or f"@{CHAMPION}"
        return cls.parse(f"{check_model_name(name)}{'' if version.startswith('@') else '/'}{version}")

    @property
    def alias(self) -> str | None:
        """The alias, None when it is a number."""
        return self.version[1:] if self.version.startswith("@") else None

    def __str__(self) -> str:
        return f"{_SCHEME}{self.name}{'' if self.alias else '/'}{self.version}"

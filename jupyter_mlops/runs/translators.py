"""How a text is written in the languages where papermill 2.7 writes another text than was given.

papermill escapes as Python does: `é` becomes `\\xe9`, which R and Julia read as one byte of broken UTF-8, C#
as up to four digits, and Scala not at all. All five know `\\u` with four digits.
"""

from __future__ import annotations

from typing import Any

from papermill.translators import Translator, papermill_translators

_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_LANGUAGES = {"R": "\\U{:08x}", "sparkrkernel": "\\U{:08x}", "julia": "\\U{:08x}"}
_LANGUAGES |= {".net-csharp": "\\U{:08x}", ".net-fsharp": "\\U{:08x}"}
_LANGUAGES |= {"scala": "", "sparkkernel": ""}  # has no such escape: it takes the two halves of UTF-16


def install() -> None:
    """Have papermill write texts so in this process; twice is the same as once."""
    for language, beyond in _LANGUAGES.items():
        known = papermill_translators.find_translator(None, language)
        if not issubclass(known, _Escaping):
            made = type(f"Escaping{known.__name__}", (_Escaping, known), {"beyond": beyond})
            papermill_translators.register(language, made)


class _Escaping(Translator):
    """Writes every character that is not plain ASCII by its number; `beyond` is for those above U+FFFF."""

    beyond = ""

    @classmethod
    def translate_escaped_str(cls, str_val: Any) -> str:
        """The text in quotation marks."""
        return '"' + "".join(map(cls._escape, str(str_val))) + '"'

    @classmethod
    def _escape(cls, character: str) -> str:
        if character in _SHORT:
            return _SHORT[character]
        if " " <= character <= "~":
            return character
        number = ord(character)
        if number <= 0xFFFF:
            return f"\\u{number:04x}"
        if cls.beyond:
            return cls.beyond.format(number)
        return f"\\u{0xD800 + (number - 0x10000 >> 10):04x}\\u{0xDC00 + (number & 0x3FF):04x}"

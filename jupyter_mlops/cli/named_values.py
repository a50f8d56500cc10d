"""Options that take a name and a value: `-p C 0.5`, and `-p C=0.5` as well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

import click


class NamedValueCommand(click.Command):
    """A command of which every option of two words takes them joined by `=`, too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the words after the command's name."""
        options = {
            option
            for parameter in self.params
            if isinstance(parameter, click.Option) and parameter.nargs == 2
            for option in parameter.opts
        }
        try:
            return super().parse_args(ctx, list(_split_pairs(args, options)))
        except click.UsageError as error:  # the parser itself does not say whose usage it is
            error.ctx = error.ctx or ctx
            raise


def _split_pairs(words: Iterable[str], options: set[str]) -> Iterator[str]:
    """The words, `C=0.5` after an option as two; no name has an `=` in it, and a value may be `-p`."""
    remaining = iter(words)
    for word in remaining:
        yield word
        if word not in options:
            continue
        for named in islice(remaining, 1):
            name, is_joined, value = named.partition("=")
            if name and is_joined:
                yield from (name, value)
            else:
                yield named
                yield from islice(remaining, 1)

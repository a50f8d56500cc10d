"""placeholder until faces are written"""

from IPython.core.magic import Magics, line_magic, magics_class


@magics_class
class MlopsMagics(Magics):
    @line_magic
    def mlops(self, line: str) -> None:
        """TODO"""

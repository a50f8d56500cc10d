"""What the tests of the command line share."""

from __future__ import annotations

import pytest
from command_line import CommandLine
from workbench import Workbench


@pytest.fixture
def command_line(workbench: Workbench) -> CommandLine:
    return CommandLine(workbench)

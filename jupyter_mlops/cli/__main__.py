"""`python -m jupyter_mlops.cli`: the command line without its script."""

from __future__ import annotations

import sys

from jupyter_mlops.cli import main

sys.exit(main())

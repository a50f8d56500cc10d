"""`python -m jupyter_mlops.models.carry_out_main [ID]`: carry out one registration, or all that is left."""

from __future__ import annotations

import logging
import sys

from jupyter_mlops.config import Settings
from jupyter_mlops.errors import MlopsError
from jupyter_mlops.models.carry_out import carry_out
from jupyter_mlops.models.left_behind import carry_out_all

NOT_ALL_DONE = 3


def main(arguments: list[str] | None = None) -> int:
    """Carry out; not 0 when something is left, as MLflow does not answer or another process is at it."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s", stream=sys.stderr
    )
    settings = Settings.load()
    store = settings.open_store()
    try:
        ids = sys.argv[1:] if arguments is None else arguments
        for registration_id in ids:
            carry_out(store, settings, registration_id)
        if not ids and not carry_out_all(store, settings):
            return NOT_ALL_DONE
    except MlopsError as error:
        logging.getLogger("jupyter_mlops").warning("%s", error.message)
        return error.exit_code
    finally:
        store.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

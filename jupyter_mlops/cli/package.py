"""`jupyter mlops package`."""

from __future__ import annotations

from pathlib import Path

import click

from jupyter_mlops.cli.options import json_option
from jupyter_mlops.cli.output import echo_json, print_facts


@click.command("package")
@click.argument("model")
@click.argument("output", type=click.Path(path_type=Path))
@click.option(
    "--image", metavar="NAME", help="What the image is called.  [default: the model's name:version]"
)
@click.option(
    "--storage-uri", metavar="URI", help="Where the model's files are for KServe's own runtime (s3://...)."
)
@click.option("--force", is_flag=True, help="Write into a folder that is not empty.")
@json_option
def package_command(
    model: str, output: Path, image: str | None, storage_uri: str | None, force: bool, as_json: bool
) -> None:
    """Write what an image of MODEL is built from into the folder OUTPUT, with manifests for Kubernetes.

    MODEL is models:/NAME@champion, models:/NAME/3, or a name: its champion. OUTPUT gets a Dockerfile, the
    pinned requirements, the model's files with their checksums, and manifests for KServe and Seldon. Nothing
    of the model is loaded, and nothing packaged of which a file has changed since it was registered.
    """
    from jupyter_mlops.models.packaging.context import package_model

    made = package_model(model, output, image=image, storage_uri=storage_uri, force=force)
    if as_json:
        echo_json(made.as_dict())
        return
    print_facts(
        [
            ("Model", f"{made.name}, version {made.version}"),
            ("Folder", made.folder),
            (
                "Saved as",
                made.serialization + (", which can run code when loaded" if made.can_run_code else ""),
            ),
            ("Pinned here", ", ".join(made.pinned_here) or None),
            ("Not pinned", ", ".join(made.open_requirements) or None),
            ("Build it", f"docker build --tag {made.image} {made.folder}"),
            ("Read on in", str(Path(made.folder, "README.md"))),
        ]
    )

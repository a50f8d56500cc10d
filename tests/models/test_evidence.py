"""What is kept with a version, and that its files are still those that were judged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from model_bench import MODEL, ModelBench

from jupyter_mlops.errors import ConflictError, NotFoundError
from jupyter_mlops.models.catalogue import ModelCatalogue
from jupyter_mlops.models.evidence import keep_evidence, verify_checksums
from jupyter_mlops.models.facts import evaluation_from, facts_from
from jupyter_mlops.models.reference import ModelReference
from jupyter_mlops.tracking.artifact_folder import checksums_of, local_folder
from jupyter_mlops.tracking.model_facts import facts_of_logged_model, facts_of_version
from jupyter_mlops.tracking.version_evidence import read_evidence

GATED = {
    "alias": "champion",
    "gates": [{"kind": "metric", "metric": "accuracy", "min": 0.9, "before": "promote"}],
}
CHAMPION = ModelReference(MODEL, "@champion")


def catalogue(bench: ModelBench) -> ModelCatalogue:
    return ModelCatalogue(bench.store, bench.settings)


def model_folder(bench: ModelBench, version: str = "1") -> Path:
    facts = facts_of_version(bench.tracking.client, MODEL, version)
    folder = local_folder(facts["location"])
    assert folder is not None
    return folder


def test_a_version_is_described_by_its_number_and_by_its_alias_without_being_loaded(
    model_bench: ModelBench,
) -> None:
    run_id = model_bench.log_model(accuracy=0.95, broken=float("nan"))
    model_bench.register(run_id, GATED)
    client = model_bench.tracking.client
    facts = facts_of_version(client, MODEL, "@champion")
    assert facts == facts_of_version(client, MODEL, "1")
    assert facts["metrics"] == {"accuracy": 0.95}, "NaN is no JSON, and MLflow has it as 0 for the model"
    assert (facts["aliases"], facts["mlflow_run_id"]) == (["champion"], run_id)
    assert (facts["serialization"], facts["can_run_code"]) == ("cloudpickle", True)
    assert facts["requirements"] == ["mlflow"] or facts["requirements"][0].startswith("mlflow")
    assert facts["checksums"] == checksums_of(model_folder(model_bench))
    logged = facts_from(facts_of_logged_model(client, facts["model_id"]))
    assert logged.checksums == facts["checksums"] and logged.name is None
    for version in ("2", "@nobody", "abc"):
        with pytest.raises(NotFoundError):
            facts_of_version(client, MODEL, version)


def test_a_registration_leaves_evidence_with_its_version(model_bench: ModelBench) -> None:
    row = model_bench.register(model_bench.log_model(accuracy=0.95), GATED, requested_by="ada")
    client = model_bench.tracking.client
    version = client.get_model_version(MODEL, "1")
    kept = read_evidence(client, version.run_id, version.tags)
    assert kept is not None
    assert (kept["registration"], kept["version"], kept["requested_by"]) == (row.id, "1", "ada")
    assert [(gate["kind"], gate["verdict"]) for gate in kept["gates"]] == [("metric", "passed")]
    assert version.tags["mlops.gate"] == "passed"
    assert json.loads(version.tags["mlops.checksums"]) == checksums_of(model_folder(model_bench))
    [listed] = catalogue(model_bench).models()
    assert [one["gate"] for one in listed["versions"]] == ["passed"]


def test_a_version_whose_gate_refuses_says_so(model_bench: ModelBench) -> None:
    row = model_bench.register(model_bench.log_model(accuracy=0.5), GATED)
    assert row.state == "kept"
    assert model_bench.tracking.client.get_model_version(MODEL, "1").tags["mlops.gate"] == "refused"
    evidence = catalogue(model_bench).dossier(ModelReference(MODEL, "1")).evidence
    assert "0.5" in evidence["gates"][0]["message"]


def test_a_file_that_changed_after_registration_is_named_and_its_version_decided_on_no_more(
    model_bench: ModelBench,
) -> None:
    row = model_bench.register(model_bench.log_model(accuracy=0.95), GATED)
    assert catalogue(model_bench).dossier(CHAMPION).page["checksum_problem"] is None
    file = model_folder(model_bench) / "MLmodel"
    file.write_text(file.read_text() + "\n# changed\n")
    problem = catalogue(model_bench).dossier(CHAMPION).page["checksum_problem"]
    assert problem == "MLmodel changed since this version was registered."
    model = facts_from(facts_of_version(model_bench.tracking.client, MODEL, "1"))
    with pytest.raises(ConflictError, match="MLmodel changed"):
        keep_evidence(model_bench.tracking, model_bench.store, model_bench.row(row), model, [])
    shutil.rmtree(model_folder(model_bench))
    page = catalogue(model_bench).dossier(CHAMPION).page
    assert page["checksum_problem"] == "MLmodel is gone since this version was registered."


def test_what_mlflow_writes_beside_a_model_that_it_loads_by_name_changes_nothing(
    model_bench: ModelBench,
) -> None:
    import mlflow

    model_bench.register(model_bench.log_model(accuracy=0.95), GATED)
    mlflow.pyfunc.load_model(f"models:/{MODEL}/1")
    assert catalogue(model_bench).dossier(CHAMPION).page["checksum_problem"] is None


def test_the_approval_is_part_of_the_evidence_and_what_was_found_at_first_stays(
    model_bench: ModelBench,
) -> None:
    row = model_bench.register(model_bench.log_model(accuracy=0.95), GATED)
    client = model_bench.tracking.client
    first = catalogue(model_bench).dossier(CHAMPION).evidence
    row = model_bench.row(row)
    row.decision, row.decided_by, row.comment = "approved", "grace", "looked at it"
    model = facts_from(facts_of_version(client, MODEL, "1"))
    keep_evidence(model_bench.tracking, model_bench.store, row, model, row.gates)
    version = client.get_model_version(MODEL, "1")
    kept = read_evidence(client, version.run_id, version.tags)
    assert kept is not None and kept["approval"]["by"] == "grace"
    assert version.tags["mlops.approved_by"] == "grace"
    assert {name: kept[name] for name in ("data", "files", "environment")} == {
        name: first[name] for name in ("data", "files", "environment")
    }


def test_a_version_that_somebody_made_in_mlflow_shows_what_mlflow_knows(model_bench: ModelBench) -> None:
    client = model_bench.tracking.client
    run = client.get_run(model_bench.log_model(accuracy=0.9))
    [logged] = client.search_logged_models([run.info.experiment_id])
    client.create_registered_model("by hand")
    client.create_model_version("by hand", source=logged.artifact_location)
    dossier = catalogue(model_bench).dossier(ModelReference("by hand", "1"))
    assert (dossier.page["registration"], dossier.page["mlflow_run_id"]) == (None, None)
    assert dossier.page["flavors"] == ["python_function"] and dossier.page["checksums"]
    assert dossier.evidence["gates"] == [] and dossier.evidence["cell"] is None


def test_checksums_tell_what_changed_what_came_and_what_went() -> None:
    kept = {"a": "1", "b": "2"}
    assert verify_checksums(kept, kept) is None
    assert verify_checksums({"a": "1"}, {}) is None, "nothing was kept of it"
    assert verify_checksums({"a": "1", "b": "3"}, kept) == "b changed since this version was registered."
    assert verify_checksums({"a": "1"}, kept) == "b is gone since this version was registered."
    added = verify_checksums({**kept, "c": "4"}, kept)
    assert added == "c was added since this version was registered."


def test_evaluation_data_that_is_not_ours_is_none() -> None:
    assert evaluation_from({"rows": "many"}) is None
    found = evaluation_from({"sha": "a", "artifact": "x.parquet", "target": "y", "slices": ["s"], "rows": 3})
    assert found is not None and (found.slices, found.rows) == (("s",), 3)

"""What the audit of dependencies makes of a report."""

import importlib.util
from pathlib import Path

SCRIPT = Path(__file__).parents[1] / "scripts" / "audit.py"


def _script():
    spec = importlib.util.spec_from_file_location("audit", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_only_packages_that_were_looked_up_count_and_every_finding_is_named():
    report = {
        "dependencies": [
            {"name": "safe", "version": "1.0", "vulns": []},
            {"name": "leaky", "version": "2.1", "vulns": [{"id": "PYSEC-2026-1"}, {"id": "GHSA-x"}]},
            {"name": "unknown", "skip_reason": "Dependency not found"},
        ]
    }
    found, looked_up, skipped = _script().vulnerabilities(report)
    assert found == ["leaky 2.1: PYSEC-2026-1", "leaky 2.1: GHSA-x"]
    assert (looked_up, skipped) == (2, 1)

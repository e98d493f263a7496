"""What the audit of dependencies makes of a report."""

from tests.scriptfile import load_script


def test_only_packages_that_were_looked_up_count_and_every_finding_is_named():
    report = {
        "dependencies": [
            {"name": "safe", "version": "1.0", "vulns": []},
            {"name": "leaky", "version": "2.1", "vulns": [{"id": "PYSEC-2026-1"}, {"id": "GHSA-x"}]},
            {"name": "unknown", "skip_reason": "Dependency not found"},
        ]
    }
    found, looked_up, skipped = load_script("audit").vulnerabilities(report)
    assert found == ["leaky 2.1: PYSEC-2026-1", "leaky 2.1: GHSA-x"]
    assert (looked_up, skipped) == (2, 1)

#!/usr/bin/env bash
# What a release is made of, built from its tag and tested where no checkout is: scripts/check_release.sh [TAG] [DIST]
# Default: the tag of the version in pyproject.toml; any commit will do to try it. The artefacts and their hashes are left
# in DIST (default: dist). Before a release, after scripts/check_bounds.sh; about three minutes.
set -euo pipefail
root="$(cd "$(dirname "$0")/.." && pwd)"
tag="${1:-v$(cd "$root" && uv version --short)}"
dist="$(mkdir -p "${2:-$root/dist}" && cd "${2:-$root/dist}" && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

for copy in first second; do
    git clone -q "$root" "$work/$copy"
    git -C "$work/$copy" checkout -q "$tag"
done
version="$(cd "$work/first" && uv version --short)"
[[ "$tag" != v* || "$tag" == "v$version" ]] || { echo "tag $tag is of version $version"; exit 1; }

echo "== built twice from $tag: the same bytes"
# The time of the commit, so that archives do not tell when they were made.
SOURCE_DATE_EPOCH="$(git -C "$work/first" log -1 --format=%ct)"
export SOURCE_DATE_EPOCH
for copy in first second; do (cd "$work/$copy" && uv build --quiet --out-dir "$work/dist-$copy"); done
wheel="gapmodel-$version-py3-none-any.whl"
cmp "$work/dist-first/$wheel" "$work/dist-second/$wheel"

echo "== installed with what it depends on, from the wheel and from the source archive"
expected="$(cd "$work/first" && uv run --quiet --no-dev gapmodel --version | head -n 1)"
for artefact in "$wheel" "gapmodel-$version.tar.gz"; do
    uv venv --quiet --clear --python "$(cat "$work/first/.python-version")" "$work/env"
    VIRTUAL_ENV="$work/env" uv pip install --quiet "$work/dist-first/$artefact"
    (
        cd "$work"
        found="$(env/bin/gapmodel --version | head -n 1)"
        echo "$artefact: $found"
        [[ "$found" == "$expected" ]] || { echo "the checkout says: $expected"; exit 1; }
        # A quick run is not citable, and run and report say so by their exit code.
        env/bin/gapmodel run --quick --quiet --out "run-$artefact" >/dev/null || [ $? -eq 2 ]
        env/bin/gapmodel report "run-$artefact" >/dev/null || [ $? -eq 2 ]
    )
done
cmp "$work/run-$wheel/summary.json" "$work/run-gapmodel-$version.tar.gz/summary.json"

cp "$work/dist-first/$wheel" "$work/dist-first/gapmodel-$version.tar.gz" "$dist/"
(cd "$dist" && sha256sum "$wheel" "gapmodel-$version.tar.gz" | tee "gapmodel-$version.sha256")

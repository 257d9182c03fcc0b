#!/usr/bin/env bash
# Makes what is released, from the commit that is checked out: tools/release.sh [DIR] (default: dist)
#
#   kinitro-VERSION.tar.gz, kinitro-VERSION-py3-none-any.whl   checked by twine; `kinitro --version` names the commit
#   kinitro-VERSION.cdx.json                                   what it is installed with (CycloneDX), from the locks
#   IMAGES                                                     the tags of the images that tools/build_images.sh builds
#   SHA256SUMS                                                 of all these; with SIGN_WITH=KEY, SHA256SUMS.asc is gpg's signature
#
# The same commit gives the same bytes. Nothing is uploaded.
set -euo pipefail
cd "$(dirname "$0")/.."
python=$PWD/.venv/bin/python
out=$(mkdir -p "${1:-dist}" && cd "${1:-dist}" && pwd)

fail() { echo "release: $*" >&2; exit 3; }
[ -x "$python" ] || fail "There is no .venv: run \`tools/setup.sh dev\`."
[ -z "$(ls -A "$out")" ] || fail "$out is not empty: remove what is there, or name another directory."
[ -z "$(git status --porcelain)" ] || fail "The checkout has changes that are not committed: commit or remove them."
if [ -n "${SIGN_WITH:-}" ]; then
  command -v gpg >/dev/null || fail "SIGN_WITH is set, and there is no gpg: install gnupg."
fi

commit=$(git rev-parse HEAD)
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
source=$(mktemp -d)
trap 'rm -rf "$source"' EXIT
git archive "$commit" | tar -x -C "$source"
echo "$commit" > "$source/kinitro/commit.txt"

"$python" -m build --no-isolation --outdir "$out" "$source" >/dev/null
"$python" -m twine check --strict "$out"/*.whl "$out"/*.tar.gz
version=$(cd "$out" && echo kinitro-*.tar.gz)
version=${version#kinitro-} && version=${version%.tar.gz}
"$python" -m cyclonedx_py requirements requirements/runtime.txt --pyproject pyproject.toml --output-reproducible \
  --output-file "$out/kinitro-$version.cdx.json"
for target in api scheduler executor verifier validator full-validator; do
  echo "${REPOSITORY:-kinitro}/$target:${TAG:-$version-${commit:0:12}}"
done > "$out/IMAGES"
(cd "$out" && sha256sum -- IMAGES kinitro-* > SHA256SUMS)
if [ -n "${SIGN_WITH:-}" ]; then
  gpg --batch --yes --armor --local-user "$SIGN_WITH" --detach-sign "$out/SHA256SUMS"
else
  echo "release: SHA256SUMS is not signed: set SIGN_WITH to the id of a key of gpg's." >&2
fi
echo "Release $version of commit $commit is in $out."

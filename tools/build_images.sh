#!/usr/bin/env bash
# Builds the images of the services: tools/build_images.sh [api scheduler executor verifier validator full-validator]
#
#   REPOSITORY=registry.example/kinitro  the images are called REPOSITORY/api and so on (default: kinitro)
#   TAG=0.1.0                            default: the version, and the commit if it is no released one
#   BASE_IMAGE=python:3.11-slim-bookworm of the Python version that `python3` here has; may end with @sha256:...
#   WHEELHOUSE=DIR                       wheels that were downloaded before; otherwise pip downloads them now
#
# First everything is downloaded and checked against the locks, then the images are built without network.
set -euo pipefail
cd "$(dirname "$0")/.."
source=$PWD
python=${PYTHON:-python3}
[ -x .venv/bin/python ] && python=${PYTHON:-$source/.venv/bin/python}
repository=${REPOSITORY:-kinitro}
base=${BASE_IMAGE:-python:$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-slim-bookworm}
version=$("$python" -c 'import pathlib, re; print(re.search("\"(.*)\"", pathlib.Path("kinitro/__init__.py").read_text().split("__version__")[1])[1])')
commit=$(git rev-parse --short=12 HEAD 2>/dev/null || true)
tag=${TAG:-$version${commit:+-$commit}}
targets=("$@")
[ ${#targets[@]} != 0 ] || targets=(api scheduler executor verifier validator full-validator)

fail() { echo "build_images: $*" >&2; exit 3; }
command -v docker >/dev/null || fail "The command docker was not found: install Docker."
docker info >/dev/null 2>&1 || fail "No Docker engine answers: start it, or set DOCKER_HOST."
for target in "${targets[@]}"; do
  grep -q "^FROM .* AS $target\$" deploy/Dockerfile || fail "There is no target $target in deploy/Dockerfile."
done

context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT
mkdir "$context/wheels" "$context/own" "$context/packages" "$context/requirements"
cp deploy/Dockerfile "$context/"
cp requirements/runtime.txt requirements/validator.txt requirements/policy-runtime.txt "$context/requirements/"

if [ -n "${WHEELHOUSE:-}" ]; then
  cp "$WHEELHOUSE"/*.whl "$context/wheels/"
else
  locks=(validator)
  [ "${targets[*]}" = validator ] || locks+=(runtime policy-runtime)
  for lock in "${locks[@]}"; do
    echo "Downloading the wheels of requirements/$lock.txt ..."
    "$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
      -r "requirements/$lock.txt" -d "$context/wheels"
  done
fi
"$python" -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation -w "$context/own" "$source"

# bubblewrap and libseccomp for the verifier, as the base image's own distribution has them.
case " ${targets[*]} " in
  *" verifier "*)
    if ! docker run --rm --entrypoint sh "$base" -c 'command -v bwrap' >/dev/null 2>&1; then
      docker run --rm --entrypoint sh --user 0 -v "$context/packages:/packages" "$base" -ec \
        'apt-get -qq update; apt-get -qq install --download-only --no-install-recommends -o Dir::Cache::archives=/packages bubblewrap libseccomp2 >/dev/null; chmod -R a+rwX /packages; rm -rf /packages/partial /packages/lock'
    fi ;;
esac

for target in "${targets[@]}"; do
  echo "Building $repository/$target:$tag ..."
  docker build --quiet --network=none --target "$target" --tag "$repository/$target:$tag" \
    --build-arg "BASE_IMAGE=$base" --build-arg "VERSION=$tag" "$context" >/dev/null
done
printf '%s\n' "${targets[@]/#/$repository/}" | sed "s/\$/:$tag/"

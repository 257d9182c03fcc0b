# `make demo` runs a whole subnet on this machine; `make test` runs the tests. Both set up .venv first.
.PHONY: docs release demo test test-slow test-libero lint lock

demo:
	@tools/setup.sh runtime
	@.venv/bin/kinitro demo $(DEMO)

# Unit and integration tests side by side, then the acceptance tests, which want the machine for themselves.
# Both halves run and are reported, whatever became of the first.
test:
	@tools/setup.sh dev
	@first=passed; second=passed; \
	  .venv/bin/pytest -q -n 2 --dist loadfile tests/unit tests/integration || first=FAILED; \
	  .venv/bin/pytest -q tests/acceptance || second=FAILED; \
	  echo "unit and integration tests: $$first; acceptance tests: $$second"; \
	  test $$first$$second = passedpassed

test-slow:
	@tools/setup.sh dev
	.venv/bin/pytest -q -m slow

# The family of families/libero in an environment of its own: its assets are 550 MB, so it is no part of `make test`.
test-libero:
	@tools/setup.sh dev
	test -d .venv-libero || python3 -m venv .venv-libero
	.venv-libero/bin/pip install --quiet -r requirements/dev.txt
	.venv-libero/bin/pip install --quiet -e . -e families/libero
	.venv-libero/bin/pytest -q families/libero/tests

lint:
	@tools/setup.sh dev
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

# The documentation site, in build/site. It fails on a link that leads nowhere, and on anything that a page would fetch.
docs:
	@tools/setup.sh dev
	@.venv/bin/python tools/site_pages.py
	@test -d .venv-docs || python3 -m venv .venv-docs
	@.venv-docs/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/docs.txt
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict --quiet
	@! grep -rnE '<(script|link|img)[^>]+(src|href)="https?:' build/site --include=*.html
	@echo "The site is in build/site: open build/site/index.html."

# What is released, from the commit that is checked out, in dist/; see tools/release.sh.
release:
	@tools/setup.sh dev
	@tools/release.sh $(OUT)

# New locks, without index addresses, after a change of dependencies in pyproject.toml.
compile = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url
lock:
	$(compile) --extra dev pyproject.toml -o requirements/dev.txt
	$(compile) --extra full pyproject.toml requirements/build.in -c requirements/dev.txt -o requirements/runtime.txt
	$(compile) --extra validator pyproject.toml requirements/build.in -c requirements/dev.txt -o requirements/validator.txt
	$(compile) requirements/docs.in -c requirements/dev.txt -o requirements/docs.txt
	$(compile) requirements/policy-runtime.in -o requirements/policy-runtime.txt
	$(subst 3.11,3.12,$(compile)) requirements/policy-runtime-torch.in -o requirements/policy-runtime-torch.txt

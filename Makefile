# Needs Python >= 3.10, git and make; everything else goes into local virtualenvs.
PYTHON ?= python3
SOURCES := pyproject.toml hatch_build.py $(shell find linter rules grammars -name '*.py' -not -path '*/_generated/*' -o -name '*.lark' -o -name '*.json')

.PHONY: demo test check bench bench-dumps oracle oracle-golang oracle-kube-proxy conformance follow mutate clean

# what a user has: the wheel
.venv/demo: $(SOURCES)
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check .
	touch $@

.venv-dev/ready: pyproject.toml hatch_build.py
	$(PYTHON) -m venv .venv-dev
	.venv-dev/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

demo: .venv/demo
	@echo '$$ kpl lint examples/shop'
	@.venv/bin/kpl lint --fail-on never examples/shop
	@echo
	@echo '$$ kpl fix --diff --unsafe-fixes examples/shop'
	@.venv/bin/kpl fix --diff --unsafe-fixes examples/shop

test: .venv-dev/ready
	.venv-dev/bin/python -m pytest -n auto --dist worksteal

check: .venv-dev/ready
	.venv-dev/bin/ruff check .
	.venv-dev/bin/ruff format --check .
	.venv-dev/bin/mypy
	.venv-dev/bin/lint-imports

# against yamllint, and against kubeconform where Go is there to build it
KUBECONFORM = v0.8.0
bench: .venv/demo .venv-dev/ready
	-command -v go >/dev/null && GOBIN="$(CURDIR)/.venv-dev/bin" go install github.com/yannh/kubeconform/cmd/kubeconform@$(KUBECONFORM)
	PATH="$(CURDIR)/.venv-dev/bin:$$PATH" .venv-dev/bin/python benchmarks/run.py --kpl .venv/bin/kpl

# dumps of large nodes, next to the real iptables-restore where there is one and the user is root
bench-dumps: .venv/demo .venv-dev/ready
	.venv-dev/bin/python benchmarks/dumps.py run --lines both --kpl .venv/bin/kpl

# the real CoreDNS as a judge, see tests/oracle/README.md; needs Go, VERSIONS names the releases
NEWEST_COREDNS = $(shell sed -n '/^VERSIONS = /,/split/p' linter/kpl/coredns/releases.py | grep -oE '[0-9.]+[0-9]' | tail -1)
oracle:
	VERSIONS="$${VERSIONS:-$(NEWEST_COREDNS)}" tests/oracle/build.sh

# Go's own packages as a judge of values, patterns and templates
oracle-golang:
	go build -C tests/oracle/golang -trimpath -buildvcs=false -o "$${ORACLE_DIR:-$${XDG_CACHE_HOME:-$$HOME/.cache}/kpl-oracle}/golang"

# the real kube-proxy as a judge, see tests/oracle/kube-proxy/README.md; VERSIONS names the releases
oracle-kube-proxy:
	tests/oracle/kube-proxy/build.sh

# kpl against the judges that `make oracle` built: the recorded answers, then COUNT generated Corefiles of each release
COUNT ?= 2000
SEED ?= 1
conformance: .venv-dev/ready
	.venv-dev/bin/python tests/oracle/record.py --check
	@for version in $${VERSIONS:-$(NEWEST_COREDNS)}; do \
		.venv-dev/bin/python tests/oracle/fuzz.py --version $$version --count $(COUNT) --seed $(SEED) || failed=1; \
	done; exit $${failed:-0}

# what is different between two releases of CoreDNS (or, with PROXY=1, of kube-proxy), see docs/releases.md
follow: .venv-dev/ready
	.venv-dev/bin/python tests/oracle/follow.py --new $(NEW) --old $(OLD) $(if $(PROXY),--kube-proxy) $(if $(filter command,$(origin COUNT)),--count $(COUNT))

# which changes of a line the tests of a package notice, see tests/mutate/README.md
SAMPLE ?= 40
mutate: .venv-dev/ready
	.venv-dev/bin/python tests/mutate/run.py $(PACKAGE) --sample $(SAMPLE) --seed $(SEED)

clean:
	rm -rf .venv .venv-dev dist build

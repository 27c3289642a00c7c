# Two commands are all it takes: `make run` and `make test`. Both set up what is missing first.
# The engine is Sail, which needs no Java; ENGINE=spark, or a version of Spark, chooses the one that Glue has.
ENGINE ?= $(if $(SPARK),spark,$(or $(COVID_LAKE_ENGINE),sail))
ifeq ($(ENGINE),sail)
LOCK := sail
VENV := .venv
ENGINE_SETUP :=
else ifeq ($(ENGINE),spark)
SPARK ?= 4.1.1
LOCK := spark-$(SPARK)
VENV := .venv-$(LOCK)
ENGINE_SETUP := scripts/fetch_jars.py scripts/archive_classes.py lib/covid_lake/runtime/java.py
else
$(error ENGINE is $(ENGINE); it can be sail or spark)
endif
export COVID_LAKE_ENGINE := $(ENGINE)

LAKE ?= .lake
DATASET ?= covid19
SAMPLE ?= .sample-$(DATASET)
SAMPLE_OPTIONS ?=
# Of made-up people. It is kept, so that the next run finds the same pseudonyms.
SAMPLE_KEY := .sample-pseudonym-key
KILLS ?= 100
PAIRS ?= 20
SEED ?=
# Tests that run at the same time, each with an engine of its own; a test file is never split.
WORKERS ?= 2
# Files and folders of tests that 'make test' leaves out.
LEAVE_OUT ?=

BIN := $(VENV)/bin
# What a run needs is installed; and what tests, checks and benchmarks need beside it.
READY_TO_RUN := $(VENV)/.ready-to-run
READY := $(VENV)/.ready
NEEDED := setup.py samples/setup.py scripts/setup.sh requirements/run.txt requirements/$(LOCK).txt $(ENGINE_SETUP)

# Airflow shares no package with the rest, so it has an environment of its own.
AIRFLOW := .venv-airflow/bin/airflow

.DEFAULT_GOAL := help
.PHONY: help setup run test test-trino test-redshift test-deploy test-play test-airflow docker-test faults chaos surroundings corpus check format ddl dictionary bench clean

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  ENGINE=spark has Spark 4.1.1 instead of Sail, with Java, and SPARK=3.5.6 the older one that Glue has."
	@echo "  DATASET, LAKE, SAMPLE and SAMPLE_OPTIONS='--seed 1' are for 'make run'."

setup: $(READY) ## Make the virtual environment, with pinned packages; ENGINE=spark fetches Java and jars, too

$(READY_TO_RUN): $(NEEDED)
	@scripts/setup.sh $(VENV) $(LOCK) run
	@touch $@

$(READY): $(NEEDED) requirements/dev.txt requirements/emulator.txt
	@scripts/setup.sh $(VENV) $(LOCK) dev
	@touch $(READY_TO_RUN) $@

run: $(READY_TO_RUN) $(SAMPLE_KEY) ## Sample files of DATASET to landing, trusted, curated and PostgreSQL, and some questions answered
	@$(BIN)/covid-lake sample $(DATASET) --out $(SAMPLE) $(SAMPLE_OPTIONS)
	@COVID_LAKE_PSEUDONYM_KEY="$${COVID_LAKE_PSEUDONYM_KEY:-$$(cat $(SAMPLE_KEY))}" $(BIN)/covid-lake run $(DATASET) --from $(SAMPLE) --lake $(LAKE) --warehouse embedded
	@$(BIN)/covid-lake tour $(DATASET) --lake $(LAKE)

$(SAMPLE_KEY): | $(READY_TO_RUN)
	@umask 077; $(BIN)/python -c "import secrets; print(secrets.token_hex(32))" > $@

test: setup ## Run the tests; 'make faults' has those that kill, fill disks and stop servers
	@$(BIN)/pytest -q -n $(WORKERS) --dist loadfile --no-loadscope-reorder --ignore tests/chaos --ignore tests/trino --ignore tests/redshift \
		--ignore tests/deployment --ignore tests/airflow_dags $(addprefix --ignore ,$(LEAVE_OUT))

test-trino: setup ## Ask Trino, the engine of Athena, for every table of a lake; fetches Trino (800 MB), needs Java 24
	@$(BIN)/python tests/trino/server.py
	@$(BIN)/python scripts/fetch_trino.py
	@$(BIN)/pytest -q tests/trino

test-redshift: ## Load Redshift through two versions of its driver: a double of it, or a workgroup (docs/redshift-tests.md)
	@$(MAKE) --no-print-directory setup ENGINE=spark SPARK=4.1.1
	@.venv-spark-4.1.1/bin/python scripts/fetch_redshift_driver.py
	@COVID_LAKE_ENGINE=spark .venv-spark-4.1.1/bin/pytest -q tests/redshift
	@COVID_LAKE_ENGINE=spark COVID_LAKE_JARS=.jars/redshift-2.3.0 .venv-spark-4.1.1/bin/pytest -q tests/redshift --ignore tests/redshift/test_redshift_interrupted.py \
		--ignore tests/redshift/test_redshift_job.py

test-deploy: setup ## Deploy to an emulator of AWS as a person does, and hold every call of the jobs against their roles
	@$(BIN)/pytest -q tests/deployment --ignore tests/deployment/test_played_workflow.py

test-play: setup ## Play the deployed jobs as Glue would, for each version of Glue (minutes; needs Python 3.13 and both Sparks' jars)
	@$(BIN)/pytest -q tests/deployment/test_played_workflow.py

test-airflow: setup $(AIRFLOW) ## Have a real Airflow (414 MB) run the rendered DAG against the Glue of the emulator
	@$(BIN)/pytest -q tests/airflow_dags

$(AIRFLOW): requirements/airflow.in
	@python3 -m venv .venv-airflow
	@.venv-airflow/bin/python -m pip --quiet --disable-pip-version-check install --requirement requirements/airflow.in
	@touch $@

docker-test: ## Run tests and the jobs in Glue's own image, with an emulator and a PostgreSQL (5 GB; needs Docker)
	@$(MAKE) --no-print-directory setup SPARK=3.5.6
	@export PGPASSWORD=$$(python3 -c "import secrets; print(secrets.token_hex(16))"); \
		docker compose --file docker/compose.yaml up --abort-on-container-exit --exit-code-from glue; \
		status=$$?; docker compose --file docker/compose.yaml down --volumes; exit $$status

faults: setup ## Run the tests of faults: a few kills, full disks, lost connections, two runs at once
	@$(BIN)/pytest -q tests/chaos

surroundings: setup ## Run a few tests under LC_ALL=C, in an odd folder, as a user without a name, beside another Spark
	@scripts/surroundings.sh $(VENV)

corpus: setup ## Put every kind of bad input through landing and a run, and print what became of each
	@$(BIN)/python tests/corpus/show.py

chaos: setup ## Kill the command KILLS times at any moment, and prove that nothing is lost (most of an hour)
	@$(BIN)/python tests/chaos/chaos.py --kills $(KILLS) --pairs $(PAIRS) $(if $(SEED),--seed $(SEED))

check: setup ## Lint, types, import directions, Compose's schema, and whether committed DDL and dictionary are what the contracts say
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check -q .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/covid-lake ddl --check ddl
	@$(BIN)/covid-lake dictionary --check docs/tables
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker/compose.yaml

format: setup ## Format the code
	@$(BIN)/ruff check --fix -q .
	@$(BIN)/ruff format -q .

ddl: setup ## Render the committed DDL anew from the contracts
	@$(BIN)/covid-lake ddl --write ddl

dictionary: setup ## Render the data dictionary in docs/tables anew from the contracts
	@$(BIN)/covid-lake dictionary --write docs/tables

bench: ## Compare both engines with pandas, Polars and DuckDB, side by side (minutes)
	@$(MAKE) --no-print-directory setup ENGINE=spark SPARK=4.1.1
	@.venv-spark-4.1.1/bin/python bench/run.py

clean: ## Remove the sample, the lake and the caches; the environments stay
	rm -rf .sample* $(SAMPLE) $(LAKE) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

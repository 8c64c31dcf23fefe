#!/bin/sh
# Superset on the published marts, run where the folder `published` is:
#   sh docs/superset/superset.sh install | set-up | run [options of gunicorn]
set -eu

here=$(dirname "$0")
environment=${SUPERSET_ENVIRONMENT:-.venv-superset}
# What Superset keeps for itself: its users and charts, and the key that signs their sessions.
SUPERSET_HOME=${SUPERSET_HOME:-$PWD/.superset}
SUPERSET_CONFIG_PATH=$here/superset_config.py
FLASK_APP=superset
export SUPERSET_HOME SUPERSET_CONFIG_PATH FLASK_APP

# The lock is copied last, so an install that broke off is taken up again.
install() {
    installed=$environment/installed.lock
    if cmp -s "$here/requirements.lock" "$installed"; then return; fi
    "${PYTHON:-python3}" -m venv --clear "$environment"
    # One package has no wheel and is built from its source, whose hash is checked as well.
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
        --only-binary :all: --no-binary wtforms-json --require-hashes --no-deps \
        --requirement "$here/requirements.lock"
    cp "$here/requirements.lock" "$installed"
}

set_up() {
    if ! [ -f published/warehouse.duckdb ]; then
        echo "published/warehouse.duckdb: nothing is published; run 'python3 retention.py publish'" >&2
        exit 1
    fi
    mkdir -p "$SUPERSET_HOME"
    superset=$environment/bin/superset
    "$superset" db upgrade
    "$superset" init
    # Read-only, and the SQL of a user reaches no other file of this machine.
    options="access_mode=read_only&enable_external_access=false"
    "$superset" set-database-uri --database_name retention \
        --uri "duckdb:///$PWD/published/warehouse.duckdb?$options"
    "$superset" fab create-admin --username admin --firstname Retention --lastname Admin \
        --email admin@localhost
}

# A worker has one question at a time: it opens the file anew for each, and so sees the last build.
run() {
    exec "$environment/bin/gunicorn" --bind "127.0.0.1:${SUPERSET_PORT:-8088}" --workers 2 \
        --timeout 120 "$@" "superset.app:create_app()"
}

command=${1:-}
case $command in
install) install ;;
set-up) set_up ;;
run)
    shift
    run "$@"
    ;;
*)
    echo "superset.sh: '$command' is no command; give install, set-up or run" >&2
    exit 2
    ;;
esac

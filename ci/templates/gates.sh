#!/bin/sh
# The seven stages in a plain shell, for any CI server: gates.sh MODULE RESULTS [publish]
# Every stage that checks runs, whatever came before; publish and release only after five passes. The
# exit status is 0 only where every stage that was asked for ran and passed.
set -u
module=${1:?the folder of the module} results=${2:?a folder for reports and evidence}
PIPELINE_MODULES=$(python3 -c 'import json, sys; print(json.dumps(sys.argv[1:]))' "$module") || exit 2
export PIPELINE_MODULES PIPELINE_RESULTS="$results"
failed=0
for stage in lint-manifest lint test build scan; do
    gates ci stage "$stage" || failed=$?
done
if [ "${3:-}" = publish ]; then
    for stage in publish release; do
        if [ "$failed" -ne 0 ]; then
            echo "$stage: did not run, since a stage before it has not passed"
            continue
        fi
        gates ci stage "$stage" || failed=$?
    done
else
    echo "publish, release: left out, since they were not asked for"
fi
exit "$failed"

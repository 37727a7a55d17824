#!/usr/bin/env bash
# valgrind's memcheck on one short case: Example 1, 0.2 s of air and 0.2 s of a bath, on
# 24 cells. Ends with 1 if an error's stack holds one of the kernels, with 77 where there
# is no valgrind. Python, numpy and pint do what they like.
#     benchmarks/memcheck.sh [python]
set -eu -o pipefail
python=${1:-python}
command -v valgrind >/dev/null || { echo "memcheck: there is no valgrind"; exit 77; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
PYTHONMALLOC=malloc PYTHONDEVMODE=0 valgrind --tool=memcheck --error-limit=no \
    --num-callers=40 --undef-value-errors=yes --leak-check=no --log-file="$log" \
    "$python" -c '
from membranekit import case, execution, prepared, units
example = case.read_case("example1").replace({
    "air.time": "0.2 s", "immersion[1].time": "0.1 s", "immersion[2].time": "0.1 s",
})
(run,) = example.runs
ready = prepared.prepare(run.solution, run.process)
outcome = execution.execute(ready, cells=24)
assert outcome.success, outcome.message
print(f"memcheck: {outcome.steps} time steps,", end=" ", flush=True)
'
# an error is a paragraph of the log; those count whose stack passes through a kernel
errors=$(sed 's/^==[0-9]*== \?//' "$log" | awk -v RS= '/_kernels|__pyx_/' || true)
total=$(grep -o 'ERROR SUMMARY: [0-9]*' "$log" | grep -o '[0-9]*')
if [ -n "$errors" ]; then
    printf 'errors in the kernels:\n%s\n' "$errors"
    exit 1
fi
echo "no error in the kernels ($total elsewhere)"

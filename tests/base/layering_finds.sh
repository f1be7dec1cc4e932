#!/bin/sh
# layering_finds.sh SCRIPT: run layering.sh on a small made-up tree.  The tree as it is must pass;
# with any one of the violations below it must fail and name the file.
set -eu
script=${1:?usage: layering_finds.sh SCRIPT}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# put FILE TEXT: write a file of the tree.
put()
{
  mkdir -p "$tree/$(dirname "$1")"
  printf '%s\n' "$2" >"$tree/$1"
}

# wants_failure FILE TEXT WORDS: the tree with this file must fail with FILE and WORDS in one line.
wants_failure()
{
  put "$1" "$2"
  code=0
  output=$(sh "$script" "$tree" 2>&1) || code=$?
  if [ "$code" -ne 1 ] || ! printf '%s\n' "$output" | grep -F "$1:" | grep -qF -- "$3"; then
    printf 'not found: %s with "%s" (exit %d, wanted 1 and "%s")\n%s\n' "$1" "$2" "$code" "$3" \
      "$output" >&2
    failures=$((failures + 1))
  fi
  rm "$tree/$1"
}

wants_success()
{
  if ! output=$(sh "$script" "$tree" 2>&1); then
    printf 'wrongly refused %s:\n%s\n' "$1" "$output" >&2
    failures=$((failures + 1))
  fi
}

# ---- all that is allowed, and what only looks like a violation --------------------------------
put include/invset/status.h '/* no includes */'
put include/invset/net.h '#include "invset/status.h"'
put src/base/log.c 'void f(void) { fprintf(stderr, "x"); }'
put src/base/hdf5_check.h '#include <hdf5.h>'
put src/base/random.c '#include <Random123/philox.h>
#include <nettle/sha2.h>'
put src/comm/comm_mpi.h '#include <mpi.h>'
put src/store/a.c '#include "comm/comm_mpi.h"
#include "base/hdf5_check.h"
#include <hdf5.h>'
put src/net/a.c '#include "net/private.h"
#include "invset/status.h"
/* #include <mpi.h>
#include "invset/run.h"
printf("x"); */
// exit(1);
void f(void) { snprintf(a, 1, "exit(1) %c \" abort()", (char)39); isn_comm_abort(c, 1); }
char c = '\''"'\''; int no_stdout; /* a literal quote, not the begin of a string: "exit(1)" */'
put src/net/private.h '#include "invset/backend.h"'
put src/backend/cpu/a.c '#include <cblas.h>'
put src/backend/cuda/a.cu '#include <cuda_runtime.h>
#include <cudnn.h>'
put src/config/a.c '#include <libconfig.h>
#include "invset/near_miss.h"'
put jobs/a.c '#include <png.h>
#include "invset/run.h"
#include "jobs/verbs.h"
void f(void) { printf("x"); exit(1); }'
put jobs/verbs.h '#include <stdio.h>'
put tests/net/test_a.c 'int main(void) { return 0; }'
put tests/net/CMakeLists.txt 'isn_add_test(NAME test_a ROOM net) # test_commented'
wants_success 'the tree without violations'

# ---- arrows -----------------------------------------------------------------------------------
wants_failure src/net/b.c '#include "invset/run.h"' 'of room run'
wants_failure src/base/b.h '# include  <invset/backend.h>' 'of room backend'
wants_failure src/comm/b.c '#include "invset/caffe.h"' 'of room caffe'
wants_failure src/caffe/b.c '#include "invset/comm.h"' 'of room comm'
wants_failure src/sample/b.c '#include "invset/run_file.h"' 'of room store'
wants_failure src/run/b.c '#include "invset/config.h"' 'of room config'
wants_failure src/run/c.c '#include "jobs/verbs.h"' 'of room jobs'
wants_failure src/net/c.c '#include "run/private.h"' 'of room run'
wants_failure src/run/d.c '#include "net/private.h"' 'private to room net'
wants_failure src/run/e.c '#include "../net/private.h"' 'relative include'
wants_failure include/invset/random.h '#include "invset/net.h"' 'of room net'
wants_failure include/invset/surprise.h '' 'not in the table'
wants_failure src/net/d.c '#include "invset/surprise.h"' 'not in the table'
wants_failure src/lounge/a.c '' 'belongs to no room'
wants_failure src/stray.c '' 'belongs to no room'

# ---- foreign headers --------------------------------------------------------------------------
wants_failure src/store/b.c '#include <mpi.h>' 'foreign header mpi.h'
wants_failure jobs/b.c '#include <mpi.h>' 'foreign header mpi.h'
wants_failure src/run/b.c '#include "mpi.h"' 'foreign header mpi.h'
wants_failure src/run/b.c '#include <hdf5.h>' 'foreign header hdf5.h'
wants_failure src/base/b.c '#include <hdf5.h>' 'foreign header hdf5.h'
wants_failure src/backend/b.c '#include <cblas.h>' 'foreign header cblas.h'
wants_failure src/backend/cuda/b.c '#include <cblas.h>' 'foreign header cblas.h'
wants_failure src/backend/cpu/b.c '#include <cuda_runtime.h>' 'foreign header cuda_runtime.h'
wants_failure src/net/b.c '#include <cudnn.h>' 'foreign header cudnn.h'
wants_failure src/net/b.c '#include <cublas_v2.h>' 'foreign header cublas_v2.h'
wants_failure jobs/b.c '#include <libconfig.h>' 'foreign header libconfig.h'
wants_failure src/run/b.c '#include <png.h>' 'foreign header png.h'
wants_failure src/sample/b.c '#include <Random123/philox.h>' 'foreign header Random123/philox.h'
wants_failure src/store/b.c '#include <nettle/sha2.h>' 'foreign header nettle/sha2.h'

# ---- calls ------------------------------------------------------------------------------------
wants_failure src/net/b.c 'int f(void) { return printf("x"); }' 'must not use printf'
wants_failure src/net/b.c '/* a */ printf ("x"); // b' 'must not use printf'
wants_failure src/net/b.c 'char *s = "/*"; exit(1);' 'must not use exit'
wants_failure src/net/b.c 'void f(void) { abort(); }' 'must not use abort'
wants_failure src/base/log_b.c 'fprintf(stdout, "x");' 'must not use stdout'
wants_failure src/net/b.c 'fprintf(stderr, "x");' 'must not use stderr'
wants_failure src/net/b.c 'puts("x");' 'must not use puts'
wants_failure src/backend/cuda/b.cu 'void f(void) { exit(1); }' 'must not use exit'

# ---- tests ------------------------------------------------------------------------------------
wants_failure tests/net/test_b.c '' 'not registered'
wants_failure tests/net/test_commented.c '' 'not registered'
wants_failure tests/test_aa.c '' 'not registered'

wants_success 'the tree after all violations were removed'
if sh "$script" "$tree/tests" >/dev/null 2>&1; then
  echo 'a folder without sources passed' >&2
  failures=$((failures + 1))
fi
[ "$failures" -eq 0 ] || { echo "$failures failed" >&2; exit 1; }

#!/bin/sh
# headers.sh ROOT: every public header must compile by itself, as C11 and as C++17 (nvcc reads them).
set -eu
cd "${1:?usage: headers.sh ROOT}"
failures=0
for header in include/invset/*.h; do
    for language in 'c -std=c11' 'c++ -std=c++17'; do
        # shellcheck disable=SC2086
        echo "#include \"${header#include/}\"" |
            ${CXX:-g++} -x $language -Wall -Wextra -Werror -Iinclude -fsyntax-only - || {
            echo "$header does not compile as ${language%% *}"
            failures=$((failures + 1))
        }
    done
done
exit "$failures"

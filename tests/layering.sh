#!/bin/sh
# layering.sh ROOT: check the arrows between the rooms of the source tree at ROOT (design, folders
# and arrows), where foreign headers are included, what src/ must not call, and that every test is
# registered.  Prints one line per violation and exits 1 if there is any.  It reads text only: it
# does not know what the compiler sees behind a macro.
set -eu
cd "${1:?usage: layering.sh ROOT}"

# Room and level.  A file may include headers of its own room and of rooms of a lower level; rooms
# of one level do not know each other.
ROOMS='
base    0
backend 1
net     2
caffe   3
comm    3
pictures 3
sample  4
store   4
run     5
config  6
jobs    7
'

# The room of each public header, include/invset/NAME.h.  A private header belongs to the room of
# its folder.
PUBLIC_HEADERS='
status   base
memory   base
random   base
log      base
labels   base
files    base
near_miss base
tensor   backend
layer    backend
backend  backend
vectors  backend
picture  backend
net_spec net
net      net
caffe    caffe
comm     comm
picture_files pictures
sampler  sample
spread   sample
run_file store
target_words store
plan run
run_join store
run      run
dataset  run
picture_nets run
engine   run
models   run
targets  run
run_options run
config   config
'

# Private headers that another room may include, and that room.
SHARED_PRIVATE='
base/hdf5_check.h store
base/hdf5_check.h caffe
comm/comm_mpi.h   store
'

# Foreign headers (a pattern for the name in the include), and a pattern for the files that may.
FOREIGN='
^mpi\.h$                   ^src/comm/
^(hdf5|hdf5_hl|H5.*)\.h$   ^src/(store/|caffe/|base/hdf5_check\.)
^(cblas|openblas).*\.h$    ^src/backend/cpu/
^(cuda|cudnn|cublas).*\.h$ ^src/backend/cuda/
^emulation/                ^src/backend/cuda/launch\.cuh$
^libconfig\.h$             ^src/config/
^protobuf-c/               ^src/caffe/
^zlib\.h$                  ^src/(caffe|store|pictures)/
^gdk-pixbuf/               ^src/pictures/
^png\.h$                   ^jobs/
^csv\.h$                   ^src/run/
^Random123/                ^src/base/
^nettle/                   ^src/base/
'

# What src/ must not use (a pattern, matched from the beginning of a word), and a pattern for the
# files that may.
FORBIDDEN='
(v?printf|puts|putchar|perror)[[:space:]]*\(      ^$
(exit|_exit|_Exit|quick_exit|abort)[[:space:]]*\( ^$
stdout                                            ^$
stderr                                            ^src/base/log\.c$
'
export ROOMS PUBLIC_HEADERS SHARED_PRIVATE FOREIGN FORBIDDEN

folders=
for folder in include src jobs; do
  if [ -d "$folder" ]; then
    folders="$folders $folder"
  fi
done
[ -n "$folders" ] || { echo "layering.sh: no include, src or jobs in $(pwd)" >&2; exit 2; }
# File names have no white space here, so that $folders and $files fall apart into words.
# shellcheck disable=SC2086
files=$(find $folders -type f \( -name '*.[ch]' -o -name '*.cu' -o -name '*.cuh' \) | sort)
[ -n "$files" ] || { echo "layering.sh: no sources in $(pwd)" >&2; exit 2; }

# shellcheck disable=SC2086
sources=$(awk '
function report(text) { printf "%s:%d: %s\n", FILENAME, FNR, text }

function read_tables(  n, i, lines, word) {
  n = split(ENVIRON["ROOMS"], lines, "\n")
  for (i = 1; i <= n; i++) if (split(lines[i], word, " ") == 2) level[word[1]] = word[2]
  n = split(ENVIRON["PUBLIC_HEADERS"], lines, "\n")
  for (i = 1; i <= n; i++) if (split(lines[i], word, " ") == 2) public_room[word[1]] = word[2]
  n = split(ENVIRON["SHARED_PRIVATE"], lines, "\n")
  for (i = 1; i <= n; i++) if (split(lines[i], word, " ") == 2) shared[word[1], word[2]] = 1
  n = split(ENVIRON["FOREIGN"], lines, "\n")
  for (i = 1; i <= n; i++) if (split(lines[i], word, " ") == 2) {
    foreign[++n_foreign] = word[1]; foreign_place[n_foreign] = word[2]
  }
  n = split(ENVIRON["FORBIDDEN"], lines, "\n")
  for (i = 1; i <= n; i++) if (split(lines[i], word, " ") == 2) {
    forbidden[++n_forbidden] = "(^|[^A-Za-z0-9_])" word[1]
    forbidden_place[n_forbidden] = word[2]
  }
}

# The room of a file; "" after a report if it has none.
function room_of(path,  part) {
  split(path, part, "/")
  if (part[1] == "jobs") return "jobs"
  if (part[1] == "include") {
    sub(/^include\/invset\//, "", path); sub(/\.h$/, "", path)
    if (path in public_room) return public_room[path]
    report("public header is not in the table of tests/layering.sh: which room is it of?")
    return ""
  }
  if (part[2] in level && part[2] != "jobs") return part[2]
  report("belongs to no room")
  return ""
}

function check_arrow(header, other) {
  if (room != "" && other != room && level[other] >= level[room])
    report("room " room " includes " header " of room " other ", which is not below it")
}

function check_include(header,  name, part, i) {
  if (header ~ /(^|\/)\.\.?\//) { report("relative include " header); return }
  split(header, part, "/")
  if (part[1] == "invset") {
    name = part[2]; sub(/\.h$/, "", name)
    if (name in public_room) check_arrow(header, public_room[name])
    else report(header " is not in the table of tests/layering.sh")
    return
  }
  if (part[1] in level && header ~ /\//) {
    check_arrow(header, part[1])
    if (part[1] != room && level[part[1]] < level[room] && !((header, room) in shared))
      report("room " room " includes " header ", which is private to room " part[1])
    return
  }
  for (i = 1; i <= n_foreign; i++)
    if (header ~ foreign[i] && FILENAME !~ foreign_place[i])
      report("foreign header " header " is not for this place")
}

# A line without comments and the insides of literals; in_comment lasts from line to line.
function code_of(line,  out, n, i, c, two, end) {
  if (!in_comment && line !~ /["\047]|\/[*\/]/) return line
  out = ""; n = length(line)
  for (i = 1; i <= n; i++) {
    c = substr(line, i, 1); two = substr(line, i, 2)
    if (in_comment) { if (two == "*/") { in_comment = 0; i++; out = out " " } }
    else if (two == "/*") { in_comment = 1; i++ }
    else if (two == "//") break
    else if (c == "\"" || c == "\047") {
      for (end = i + 1; end <= n && substr(line, end, 1) != c; end++)
        if (substr(line, end, 1) == "\\") end++
      i = end; out = out c c
    } else out = out c
  }
  return out
}

function word_in(code, pattern,  word) {
  match(code, pattern)
  word = substr(code, RSTART, RLENGTH)
  gsub(/[^A-Za-z0-9_]/, "", word)
  return word
}

BEGIN { read_tables() }
FNR == 1 { in_comment = 0; room = room_of(FILENAME) }
{
  sub(/\r$/, "")
  if (!in_comment && $0 ~ /^[ \t]*#[ \t]*include[ \t]*["<]/) {
    header = $0
    sub(/^[^"<]*["<]/, "", header); sub(/[">].*$/, "", header)
    check_include(header)
    next
  }
  code = code_of($0)
  if (FILENAME ~ /^src\//)
    for (i = 1; i <= n_forbidden; i++)
      if (code ~ forbidden[i] && FILENAME !~ forbidden_place[i])
        report("src/ must not use " word_in(code, forbidden[i]))
}
' $files)

# Every test program is named, outside comments, by some CMakeLists.txt under tests/.
unregistered=
if [ -d tests ]; then
  registered=$(find tests -name CMakeLists.txt -exec sed 's/#.*//' {} + | tr -c 'A-Za-z0-9_' '\n')
  unregistered=$(find tests -name 'test_*.c' | sort | while read -r file; do
    name=$(basename "$file" .c)
    printf '%s\n' "$registered" | grep -qx "$name" ||
      echo "$file: not registered in any CMakeLists.txt under tests/"
  done)
fi

[ -n "$sources$unregistered" ] || exit 0
printf '%s\n' "$sources" "$unregistered" | sed '/^$/d'
exit 1

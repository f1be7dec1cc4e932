/** @file test_model_damage.c
 *  Every test file of a model truncated, and with single bytes changed: reading it must end with a
 *  model or an error, soon, and without taking more than twice the file's memory.
 *
 *      test_model_damage [N_CUTS N_CHANGES [PART_OF_NAME]]       200 and 500 by default, of all
 * files
 *
 *  The readers run in a child for each file; the parent sees crashes and hangs, and goes on with
 *  the next case.
 */
#define _DEFAULT_SOURCE /* wait4, MAP_ANONYMOUS */
#include <dirent.h>
#include <hdf5.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/scratch.h"
#include "damage_readers.h"
#include "harness.h"
#include "invset/random.h"

#if defined(__SANITIZE_ADDRESS__)
enum { CHECKS_MEMORY = 0, SECONDS = 60 }; /* its own memory would be counted */

/** HDF5 1.10 forgets a few hundred bytes over some damaged files; that nothing of ours is left open
 *  in it is checked below. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
  return "leak:libhdf5";
}
#else
enum { CHECKS_MEMORY = 1, SECONDS = 10 };
#endif

enum { MAX_FILES = 100, MAX_PATH_CHARS = 512, MAX_BYTES = 4 << 20, SPARE_KB = 12 << 10 };

/** What the child tells the parent. */
typedef struct {
  int at;              /**< case that is running */
  int n_ok, n_refused; /**< cases that ended so */
  int n_wrong;         /**< ended with another status, or left HDF5 objects open */
} progress_t;

typedef struct {
  int n_cuts, n_changes;
  const char *only; /**< part of the names of files, NULL: all */
  scratch_t scratch;
  progress_t *progress; /**< shared memory */
  unsigned char bytes[MAX_BYTES];
  size_t n_bytes;
} damage_t;

static bool has_suffix(const char *name, const char *suffix)
{
  size_t n = strlen(name), m = strlen(suffix);
  return n >= m && strcmp(name + n - m, suffix) == 0;
}

/** Bytes of a case: the first ones, or all with one changed. */
static void write_case(damage_t *damage, int i, const char *name)
{
  const isn_random_key_t key = {
      .seed = 3, .purpose = ISN_RANDOM_TEST, .sample = (uint32_t)i, .chain = 0};
  double u[2];
  isn_random_uniform(&key, 2, u);
  if (i < damage->n_cuts) {
    size_t n = i < 16 ? (size_t)i + 1 : (size_t)(u[0] * (double)damage->n_bytes);
    scratch_write(&damage->scratch, name, damage->bytes, n < damage->n_bytes ? n : 1);
    return;
  }
  size_t at = (size_t)(u[0] * (double)damage->n_bytes);
  unsigned char kept = damage->bytes[at];
  damage->bytes[at] = (unsigned char)(kept ^ (1 + (int)(u[1] * 255.0)));
  scratch_write(&damage->scratch, name, damage->bytes, damage->n_bytes);
  damage->bytes[at] = kept;
}

/** The child: cases from `first` on.  Does not return. */
static void run_cases(damage_t *damage, const char *path, const char *name, int first)
{
  progress_t *progress = damage->progress;
  reader_t reader;
  if (!reader_open(&reader, path))
    exit(1);
  for (int i = first; i < damage->n_cuts + damage->n_changes; i++) {
    progress->at = i;
    write_case(damage, i, name);
    alarm(SECONDS);
    isn_status_t status = reader_try(&reader, damage->scratch.path);
    progress->n_ok += status == ISN_OK ? 1 : 0;
    progress->n_refused += status == ISN_ERR_INPUT || status == ISN_ERR_MEMORY ? 1 : 0;
    if ((status != ISN_OK && status != ISN_ERR_INPUT && status != ISN_ERR_MEMORY) ||
        H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL) != 0) {
      fprintf(stderr, "%s, case %d: %s, or HDF5 objects are open: %s\n", path, i,
              isn_status_text(status), status == ISN_OK ? "" : isn_error_message());
      progress->n_wrong++;
    }
  }
  progress->at = damage->n_cuts + damage->n_changes;
  reader_close(&reader);
  exit(0);
}

/** Run all cases of a file.  @return largest memory of a child in KiB */
static long run_file(damage_t *damage, const char *path, const char *name)
{
  int n = damage->n_cuts + damage->n_changes;
  long most = 0;
  *damage->progress = (progress_t){0};
  for (int first = 0; first < n; first = damage->progress->at + 1) {
    int state;
    struct rusage usage;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
      run_cases(damage, path, name, first);
    TEST_CHECK(child > 0 && wait4(child, &state, 0, &usage) == child);
    most = usage.ru_maxrss > most ? usage.ru_maxrss : most;
    TEST_CHECK_MSG(WIFEXITED(state) && WEXITSTATUS(state) == 0, "%s, case %d: %s %d", path,
                   damage->progress->at, WIFSIGNALED(state) ? "signal" : "exit code",
                   WIFSIGNALED(state) ? WTERMSIG(state) : WEXITSTATUS(state));
    if (WIFEXITED(state) && WEXITSTATUS(state) != 0 && damage->progress->at == first)
      break;
  }
  return most;
}

static void check_file(damage_t *damage, const char *path)
{
  struct rusage own;
  const char *name = "damaged";
  FILE *file = fopen(path, "rb");
  damage->n_bytes = file ? fread(damage->bytes, 1, MAX_BYTES, file) : 0;
  TEST_CHECK_MSG(damage->n_bytes > 0 && damage->n_bytes < MAX_BYTES, "%s", path);
  if (file)
    fclose(file);
  getrusage(RUSAGE_SELF, &own);
  long most = run_file(damage, path, name), kb = (long)(damage->n_bytes >> 10);
  const progress_t *progress = damage->progress;
  printf("%-34s %7ld KiB  %4d read %4d refused  %6ld KiB more than the test's own\n",
         strrchr(path, '/') + 1, kb, progress->n_ok, progress->n_refused, most - own.ru_maxrss);
  TEST_CHECK_MSG(progress->n_wrong == 0, "%s: %d", path, progress->n_wrong);
  if (CHECKS_MEMORY)
    TEST_CHECK_MSG(most - own.ru_maxrss <= 2 * kb + SPARE_KB, "%s: %ld KiB", path,
                   most - own.ru_maxrss);
}

/** Check the files of a folder that are of a model. */
static void check_folder(damage_t *damage, const char *folder)
{
  struct dirent **entries;
  int n = scandir(folder, &entries, NULL, alphasort);
  TEST_CHECK_MSG(n > 2, "%s", folder);
  for (int i = 0; i < n; i++) {
    const char *name = entries[i]->d_name;
    char path[MAX_PATH_CHARS];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    bool is_model =
        has_suffix(name, ".caffemodel") || has_suffix(name, ".prototxt") || has_suffix(name, ".h5");
    if (is_model && (!damage->only || strstr(name, damage->only)))
      check_file(damage, path);
    free(entries[i]);
  }
  free(entries);
}

int main(int argc, char **argv)
{
  static const char *const files[] = {"damaged", NULL};
  static damage_t damage = {.n_cuts = 200, .n_changes = 500};
  if (argc >= 3) {
    damage.n_cuts = atoi(argv[1]);
    damage.n_changes = atoi(argv[2]);
    damage.only = argv[3]; /* NULL at the end of the arguments */
  }
  damage.progress = mmap(NULL, sizeof *damage.progress, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  TEST_CHECK(damage.progress != MAP_FAILED && scratch_open(&damage.scratch));
  check_folder(&damage, ISN_TEST_DATA "/caffe/formats");
  check_folder(&damage, ISN_TEST_DATA "/caffe/models");
  check_folder(&damage, ISN_TEST_DATA "/caffe");
  scratch_close(&damage.scratch, files);
  TEST_END();
}

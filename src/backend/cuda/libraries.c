/** @file libraries.c
 *  See libraries.h.
 */
#include "backend/cuda/libraries.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>

#define TEXT_OF(number) #number
#define TEXT(macro) TEXT_OF(macro)

isn_cuda_libraries_t isn_lib;

/* A function of the library, and where its address goes. */
typedef struct {
  const char *name;
  void *address; /* of a function pointer */
} function_t;

static isn_status_t load(const char *name, const char *folder, int n, const function_t *functions)
{
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!library)
    ISN_FAIL(ISN_ERR_INPUT,
             "%s was not found (%s); put its folder into LD_LIBRARY_PATH, or load the module that "
             "has it",
             name, dlerror());
  for (int i = 0; i < n; i++) {
    void *function = dlsym(library, functions[i].name);
    if (!function)
      ISN_FAIL(ISN_ERR_INPUT, "%s has no %s (%s); build with the version that is installed here",
               name, functions[i].name, dlerror());
    *(void **)functions[i].address = function;
  }
  return ISN_OK;
}

isn_status_t isn_cuda_load_libraries(void)
{
  static bool loaded = false;
#define ISN_FUNCTION(name) {#name, (void *)&isn_lib.name},
  const function_t blas[] = {ISN_CUBLAS_FUNCTIONS(ISN_FUNCTION)};
  const function_t dnn[] = {ISN_CUDNN_FUNCTIONS(ISN_FUNCTION)};
#undef ISN_FUNCTION
  if (loaded)
    return ISN_OK;
  ISN_TRY(load("libcublas.so." TEXT(CUBLAS_VER_MAJOR), ISN_CUBLAS_FOLDER,
               sizeof blas / sizeof blas[0], blas));
  ISN_TRY(
      load("libcudnn.so." TEXT(CUDNN_MAJOR), ISN_CUDNN_FOLDER, sizeof dnn / sizeof dnn[0], dnn));
  loaded = true;
  return ISN_OK;
}

/** @file files.h
 *  Reading whole files with errors that name them.  All functions are local.
 */
#ifndef INVSET_FILES_H
#define INVSET_FILES_H

#include <stdbool.h>

#include "invset/status.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { ISN_SHA256_TEXT = 65 /**< 64 hex digits and the final zero */ };

/** Check that path is a readable, non-empty regular file.
 *  @param[in] what words for the message ("weights of the classifier")
 *  @return ISN_ERR_INPUT: missing (with a hint), a directory, empty, no permission */
ISN_MUST_USE isn_status_t isn_file_check(const char *path, const char *what);

/** Read a whole file of at most max_bytes.
 *  @param[out] bytes caller's, free(); a zero byte stands behind them
 *  @return as isn_file_check(); also ISN_ERR_INPUT if too big; ISN_ERR_MEMORY */
ISN_MUST_USE isn_status_t isn_file_read_bytes(const char *path, const char *what, size_t max_bytes,
                                              unsigned char **bytes, size_t *n_bytes);

/** Read a whole text file of at most max_bytes.
 *  @param[out] text caller's, free(); ends with a zero byte
 *  @return as isn_file_check(); also ISN_ERR_INPUT if too big or with a zero byte; ISN_ERR_MEMORY
 */
ISN_MUST_USE isn_status_t isn_file_read_text(const char *path, const char *what, size_t max_bytes,
                                             char **text);

/** Put a part before the ".h5" of a file's name, or behind a name that does not end so.
 *  @param[out] out caller's, free() */
ISN_MUST_USE isn_status_t isn_file_name_insert(const char *file, const char *part, char **out);

/** SHA-256 of a file's bytes as hex.  @return as isn_file_check(), ISN_ERR_IO */
ISN_MUST_USE isn_status_t isn_file_sha256(const char *path, char out[ISN_SHA256_TEXT]);

/** SHA-256 of bytes in memory as hex. */
void isn_bytes_sha256(const void *bytes, size_t n_bytes, char out[ISN_SHA256_TEXT]);

#ifdef __cplusplus
}
#endif
#endif

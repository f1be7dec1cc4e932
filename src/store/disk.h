/** @file disk.h
 *  Private to store: folders, space and durability of files, in POSIX calls.  All local.
 */
#ifndef INVSET_STORE_DISK_H
#define INVSET_STORE_DISK_H

#include <signal.h>
#include <stdint.h>

#include "invset/status.h"

enum { ISN_DISK_TEXT = 256, ISN_BYTES_TEXT = 32 };

/** Write a number of bytes for people: "12.3 GB". */
void isn_disk_bytes_text(uint64_t bytes, char out[ISN_BYTES_TEXT]);

/** Folder that a file lies in.  @param[out] out caller's, free() */
ISN_MUST_USE isn_status_t isn_disk_folder(const char *path, char **out);

/** Make the folders on the way to a file.  @return ISN_ERR_INPUT naming the one that failed */
ISN_MUST_USE isn_status_t isn_disk_make_folders(const char *path);

/** Bytes that may still be written beside path.  @return ISN_ERR_INPUT */
ISN_MUST_USE isn_status_t isn_disk_free_bytes(const char *path, uint64_t *bytes);

/** Check that a new file of this size fits, on the disk and under the file-size limit (ulimit -f).
 *  @return ISN_ERR_INPUT with both numbers */
ISN_MUST_USE isn_status_t isn_disk_check_space(const char *path, uint64_t bytes);

/** Say why writing to an existing file may have failed: "; the disk is full: ..." with free and
 *  missing bytes, "; the file-size limit ...", or nothing. */
void isn_disk_explain(const char *path, char out[ISN_DISK_TEXT]);

/** Reserve the disk space of a file of this size, where the file system can.
 *  @return ISN_ERR_INPUT if there is not enough; not being able to is no error */
ISN_MUST_USE isn_status_t isn_disk_reserve(int fd, const char *path, uint64_t bytes);

/** Bring a folder's entries to the disk, after a file in it was made or renamed. */
ISN_MUST_USE isn_status_t isn_disk_sync_folder_of(const char *path);

/** Let a write over the file-size limit fail instead of killing the process; and undo it. */
ISN_MUST_USE isn_status_t isn_disk_ignore_xfsz(struct sigaction *before);
void isn_disk_restore_xfsz(const struct sigaction *before);

#endif

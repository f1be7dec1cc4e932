/** @file folder.h
 *  Private to pictures: the picture files of a folder.  Local.
 */
#ifndef INVSET_PICTURES_FOLDER_H
#define INVSET_PICTURES_FOLDER_H

#include <stdint.h>

#include "invset/status.h"

/** Files in the order in which they are counted. */
typedef struct {
  int64_t n, room;
  char **names;   /**< (n) below the folder, owned */
  int64_t *sizes; /**< (n) bytes, owned */
} isn_folder_t;

/** List the files *.png, *.jpg and *.jpeg of a folder and of all folders in it, each folder in byte
 *  order; names that begin with a dot are left out.
 *  @param[out] folder isn_folder_clear()
 *  @return ISN_ERR_INPUT: one of the folders cannot be read, or they lie too deep; ISN_ERR_MEMORY
 */
ISN_MUST_USE isn_status_t isn_folder_list(const char *path, const char *what, isn_folder_t *folder);
void isn_folder_clear(isn_folder_t *folder); /**< Safe on zeros. */

#endif

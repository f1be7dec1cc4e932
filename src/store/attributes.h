/** @file attributes.h
 *  Private to store: attributes, and which of them the root of a run file has.  All local.
 */
#ifndef INVSET_STORE_ATTRIBUTES_H
#define INVSET_STORE_ATTRIBUTES_H

#include "store/layout.h"

/** Write a text attribute (UTF-8, variable length: h5py gives it as str). */
ISN_MUST_USE isn_status_t isn_attribute_write_text(hid_t object, const char *name,
                                                   const char *text);

/** Write one value of an HDF5 type as an attribute. */
ISN_MUST_USE isn_status_t isn_attribute_write_value(hid_t object, const char *name, hid_t type,
                                                    const void *value);

/** Write the root attributes of a new file. */
ISN_MUST_USE isn_status_t isn_attributes_write_root(hid_t file, const isn_run_layout_t *layout);

/** Read what the root attributes say of the layout: block_size, encoding_size, program_version,
 *  git_revision and method, after checking Conventions and format_version.
 *  @param[out] settings_sha256 as stored
 *  @return ISN_ERR_INPUT: no run file, or one of another version (with both) */
ISN_MUST_USE isn_status_t isn_attributes_read_root(hid_t file, const char *path,
                                                   isn_run_layout_t *layout,
                                                   char settings_sha256[ISN_SHA256_TEXT]);

#endif

/* What is said of a data set when it has been looked through.  Rank 0; local. */
#ifndef ISN_RUN_SCAN_REPORT_H
#define ISN_RUN_SCAN_REPORT_H

#include "scan.h"

/* Say how many pictures lie in each window, and which windows and neurons have none. */
ISN_MUST_USE isn_status_t scan_report(const run_t *run, const scan_t *scan);

#endif

/* Signal handling of a run; see stop.h.  The flag is the room's one global: a handler has no other
 * way to be heard. */
#include "stop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

enum { N_SIGNALS = 3 };
static const int SIGNALS[N_SIGNALS] = {SIGTERM, SIGINT, SIGUSR1};

static volatile sig_atomic_t signalled;
static struct sigaction former[N_SIGNALS];

static void note_signal(int number)
{
  (void)number;
  signalled = 1;
}

isn_status_t stop_watch_begin(void)
{
  struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};
  sigemptyset(&action.sa_mask);
  signalled = 0;
  for (int i = 0; i < N_SIGNALS; i++)
    if (sigaction(SIGNALS[i], &action, &former[i]) != 0)
      ISN_FAIL(ISN_ERR_ARG, "cannot watch for signal %d: %s", SIGNALS[i], strerror(errno));
  return ISN_OK;
}

void stop_watch_end(void)
{
  for (int i = 0; i < N_SIGNALS; i++)
    (void)sigaction(SIGNALS[i], &former[i], NULL);
}

bool stop_requested(void)
{
  return signalled != 0;
}

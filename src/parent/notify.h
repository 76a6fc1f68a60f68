/*
 * notify: tells systemd what state the service is in (sd_notify(3), the
 * protocol alone). Does nothing when nobody asked.
 */
#ifndef NOTIFY_H
#define NOTIFY_H

/* "READY=1", "STOPPING=1". A lost message is the manager's loss. */
void notify_send(const char *state);
#endif

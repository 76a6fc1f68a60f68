/*
 * sockets: the two listening sockets that the parent binds once and keeps
 * through restarts, so that clients wait in the queue meanwhile.
 */
#ifndef SOCKETS_H
#define SOCKETS_H
#include "base/rc.h"

#define SOCKETS_NAME_SIZE 80

/* Binds "ADDR:PORT" or "[ADDR6]:PORT"; port 0 takes a free one. ret_name is the
 * address with the real port. RC_MALFORMED; RC_EXISTS: in use; RC_IO. */
MUST_USE enum rc sockets_listen(
    const char *address, int *ret_fd, char ret_name[static SOCKETS_NAME_SIZE]);
/* DIR/admin.sock, mode 0600, replacing a dead one. */
MUST_USE enum rc sockets_admin(int dir, int *ret_fd);
#endif

/*
 * front: the process that faces the network: TLS 1.3, HTTP/1.1, WebSocket. It
 * turns requests into messages to the exchange and replies into answers, and
 * holds nothing but the connections.
 */
#ifndef FRONT_H
#define FRONT_H

/* Runs the process to its end; returns its exit status (proc/child.h). */
int front_main(void);
#endif

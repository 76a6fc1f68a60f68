/*
 * import_hi1: an order as XML in the style of ETSI TS 103 120 (HI1): one
 * Authorisation and the tasks under it, in one CREATE message. What is not
 * understood is refused by its name, and so is what contradicts itself;
 * document types and entities are refused unread. Mapping:
 * doc/protocol/orders.md, section 7. Pure. It holds handles.
 */
#ifndef IMPORT_HI1_H
#define IMPORT_HI1_H
#include "orders/order.h"

#define IMPORT_HI1_MAX 262144 /* octets */

/* The order as order_request_parse gives it. RC_MALFORMED (ret_e: which element
 * and why), RC_LIMIT: too large, too deep, too many. */
MUST_USE enum rc import_hi1_parse(
    struct rd xml, struct order *ret_o, struct order_error *ret_e);
#endif

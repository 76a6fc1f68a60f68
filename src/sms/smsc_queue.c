#include "sms/smsc_queue.h"

#include <string.h>

#include "base/failmem.h"
#include "sms/smpp_pdu.h"

struct smsc_queue {
	size_t max;
	size_t n;
	struct smsc_queue_item **item;
};

enum rc
smsc_queue_new(size_t max, struct smsc_queue **ret_q)
{
	struct smsc_queue *q = NULL;
	enum rc rc = RC_OK;

	q = failmem_alloc(sizeof(*q));
	CHECK(q != NULL, RC_NOMEM);
	q->max = max;
	q->item = failmem_array(max, sizeof(struct smsc_queue_item *));
	CHECK(q->item != NULL, RC_NOMEM);
	*ret_q = q;
	q = NULL;
out:
	smsc_queue_free(q);
	return rc;
}

void
smsc_queue_free(struct smsc_queue *q)
{
	if (q == NULL)
		return;
	while (q->n > 0)
		smsc_queue_remove(q, q->item[q->n - 1]);
	free(q->item);
	free(q);
}

enum rc
smsc_queue_add(
    struct smsc_queue *q, uint64_t token, struct rd body, struct mono now)
{
	struct smsc_queue_item *item = NULL;
	enum rc rc = RC_OK;

	CHECK(q->n < q->max, RC_LIMIT);
	item = failmem_alloc(sizeof(*item));
	CHECK(item != NULL, RC_NOMEM);
	buf_init(&item->body, SMPP_PDU_MAX - SMPP_PDU_HEAD);
	item->token = token;
	item->born = now;
	TRY(buf_add_rd(&item->body, body));
	q->item[q->n++] = item;
	item = NULL;
out:
	free(item); /* its body is empty when this fails */
	return rc;
}

size_t
smsc_queue_count(const struct smsc_queue *q)
{
	return q->n;
}

size_t
smsc_queue_sent(const struct smsc_queue *q)
{
	size_t n = 0;

	for (size_t i = 0; i < q->n; i++)
		n += q->item[i]->seq != 0;
	return n;
}

size_t
smsc_queue_room(const struct smsc_queue *q)
{
	return q->max - q->n;
}

struct smsc_queue_item *
smsc_queue_first(struct smsc_queue *q)
{
	return q->n == 0 ? NULL : q->item[0];
}

struct smsc_queue_item *
smsc_queue_waiting(struct smsc_queue *q)
{
	return smsc_queue_find(q, 0);
}

struct smsc_queue_item *
smsc_queue_oldest_sent(struct smsc_queue *q)
{
	struct smsc_queue_item *oldest = NULL;

	for (size_t i = 0; i < q->n; i++)
		if (q->item[i]->seq != 0 &&
		    (oldest == NULL ||
			mono_is_after(oldest->sent, q->item[i]->sent)))
			oldest = q->item[i];
	return oldest;
}

struct smsc_queue_item *
smsc_queue_find(struct smsc_queue *q, uint32_t seq)
{
	for (size_t i = 0; i < q->n; i++)
		if (q->item[i]->seq == seq)
			return q->item[i];
	return NULL;
}

void
smsc_queue_rewind(struct smsc_queue *q)
{
	for (size_t i = 0; i < q->n; i++)
		q->item[i]->seq = 0;
}

void
smsc_queue_remove(struct smsc_queue *q, struct smsc_queue_item *item)
{
	size_t i = 0;

	while (i < q->n && q->item[i] != item)
		i++;
	ASSERT(i < q->n);
	q->n--;
	memmove(&q->item[i], &q->item[i + 1],
	    (q->n - i) * sizeof(struct smsc_queue_item *));
	buf_clear(&item->body);
	free(item);
}

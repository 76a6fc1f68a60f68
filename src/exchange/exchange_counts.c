/*
 * What tacetctl status and metrics say: counts of ours and of lookup's. They
 * name nobody, and are collected when the operator asks.
 */
#include <inttypes.h>

#include "exchange/exchange_internal.h"

#define TEXT_MAX 16384

json_t *
exchange_counts_status(struct exchange *x, const struct msg_counts *m)
{
	const struct msg_epoch *e = &x->epoch;
	int64_t age = e->epoch == 0
	    ? 0
	    : mono_wall().s - (int64_t)(e->time_ms / 1000);
	uint64_t accounts = 0;
	uint64_t mail = 0;

	if (store_totals(x->store, &accounts, &mail) != RC_OK)
		return NULL;
	return json_pack("{s:s,s:I,s:I,s:I,s:b,s:b,"
			 "s:{s:I,s:I,s:I,s:I,s:I,s:I,s:I},"
			 "s:{s:s#,s:I,s:I,s:I,s:I}}",
	    "version", TACET_VERSION, "accounts", (json_int_t)accounts,
	    "mailbox", (json_int_t)mail, "streams",
	    (json_int_t)exchange_stream_count(x), "classic",
	    child_conf(x->child)->classic, "private",
	    child_conf(x->child)->private, "directory", "epoch",
	    (json_int_t)e->epoch, "age", (json_int_t)age, "numbers",
	    (json_int_t)e->entries, "columns", (json_int_t)e->columns, "blocks",
	    (json_int_t)e->blocks, "stash", (json_int_t)e->stash, "build_ms",
	    (json_int_t)e->build_ms, "lookup", "kernel",
	    (const char *)m->kernel.p, (int)m->kernel.left, "cores",
	    (json_int_t)m->cores, "epoch", (json_int_t)m->epoch, "private",
	    (json_int_t)m->lookups, "tokens_spent", (json_int_t)m->spent);
}

struct metric {
	const char *name;
	const char *type;
	uint64_t value;
};

static enum rc
metrics_add(struct buf *b, const struct metric *list, size_t n)
{
	enum rc rc = RC_OK;

	for (size_t i = 0; i < n; i++)
		TRY(buf_add_fmt(b, "# TYPE tacet_%s %s\ntacet_%s %" PRIu64 "\n",
		    list[i].name, list[i].type, list[i].name, list[i].value));
out:
	return rc;
}

/* A histogram is cumulative; what a reading was for is not summed exactly, so
 * the sum is that of the lookups answered. */
static enum rc
batches_add(struct buf *b, const struct msg_counts *m)
{
	uint64_t sum = 0;
	enum rc rc = RC_BUG;

	TRY(buf_add_str(b, "# TYPE tacet_private_batch histogram\n"));
	for (unsigned i = 0; i < MSG_COUNTS_BATCHES; i++) {
		sum += m->batches[i];
		TRY(buf_add_fmt(b,
		    "tacet_private_batch_bucket{le=\"%u\"} %" PRIu64 "\n",
		    1u << i, sum));
	}
	TRY(buf_add_fmt(b,
	    "tacet_private_batch_bucket{le=\"+Inf\"} %" PRIu64 "\n"
	    "tacet_private_batch_sum %" PRIu64 "\n"
	    "tacet_private_batch_count %" PRIu64 "\n",
	    sum, m->lookups, sum));
out:
	return rc;
}

static enum rc
all_add(const struct exchange *x, const struct msg_counts *m, uint64_t accounts,
    uint64_t mail, struct buf *b)
{
	const struct metric list[] = {
		{ "accounts", "gauge", accounts },
		{ "mailbox_messages", "gauge", mail },
		{ "streams", "gauge", exchange_stream_count(x) },
		{ "registrations_total", "counter", x->n_registered },
		{ "lookups_total", "counter", x->n_lookups },
		{ "messages_total", "counter", x->n_messages },
		{ "commits_total", "counter", x->n_commits },
		{ "failures_total", "counter", x->n_failures },
		{ "private_lookups_total", "counter", m->lookups },
		{ "evaluations_total", "counter", m->evaluations },
		{ "tokens_issued_total", "counter", m->issued },
		{ "tokens_redeemed_total", "counter", m->redeemed },
		{ "tokens_refused_total", "counter", m->refused },
		{ "tokens_remembered", "gauge", m->spent },
		{ "directory_epoch", "gauge", x->epoch.epoch },
		{ "directory_time_seconds", "gauge", x->epoch.time_ms / 1000 },
		{ "directory_numbers", "gauge", x->epoch.entries },
		{ "directory_columns", "gauge", x->epoch.columns },
		{ "directory_blocks", "gauge", x->epoch.blocks },
		{ "directory_stash", "gauge", x->epoch.stash },
		{ "directory_build_milliseconds", "gauge", x->epoch.build_ms },
	};

	return metrics_add(b, list, ARRAY_LEN(list));
}

json_t *
exchange_counts_metrics(struct exchange *x, const struct msg_counts *m)
{
	uint64_t accounts = 0;
	uint64_t mail = 0;
	json_t *answer = NULL;
	struct buf b;
	enum rc rc = RC_BUG;

	buf_init(&b, TEXT_MAX);
	TRY(store_totals(x->store, &accounts, &mail));
	TRY(all_add(x, m, accounts, mail, &b));
	TRY(batches_add(&b, m));
	answer = json_pack("{s:s#}", "text", (const char *)b.p, (int)b.len);
out:
	(void)rc;
	buf_clear(&b);
	return answer;
}

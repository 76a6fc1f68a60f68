#include "custody/paper.h"

#include "people.h"

static struct rd
build(json_t *o, const char *kind, const struct person *p, struct buf *b)
{
	buf_init(b, PAPER_MAX);
	T_RC(RC_OK, paper_build(o, kind, p->sign_seed, b));
	return buf_get(b);
}

static void
a_paper_is_canonical_and_signed_for_its_kind(void)
{
	static const char want[] =
	    "{\"a\":[1,{\"c\":2,\"d\":3}],\"b\":\"x\",\"signature\":\"";
	json_t *o = json_pack(
	    "{s:s,s:[i,{s:i,s:i}]}", "b", "x", "a", 1, "d", 3, "c", 2);
	json_t *got = NULL;
	struct person p, q;
	struct buf b, again;

	person_init(&p, "a");
	person_init(&q, "b");
	T_RC(RC_OK, paper_parse(build(o, "kind", &p, &b), "kind", &got));
	T_MEM(want, b.p, sizeof(want) - 1);
	T_OK(b.p[b.len - 1] == '\n');
	T_RC(RC_OK, paper_verify(got, "kind", p.contact.sign_key));
	T_RC(RC_DENIED, paper_verify(got, "kin", p.contact.sign_key));
	T_RC(RC_DENIED, paper_verify(got, "kind", q.contact.sign_key));
	buf_init(&again, PAPER_MAX);
	T_RC(RC_OK, paper_build(got, "kind", p.sign_seed, &again));
	T_OK(b.len == again.len && memcmp(b.p, again.p, b.len) == 0);
	json_decref(got);
	json_decref(o);
	buf_clear(&b);
	buf_clear(&again);
}

static void
a_changed_paper_does_not_verify(void)
{
	json_t *o = json_pack("{s:i}", "a", 1);
	json_t *got = NULL;
	struct person p;
	struct buf b;

	person_init(&p, "a");
	T_RC(RC_OK, paper_parse(build(o, "kind", &p, &b), "kind", &got));
	(void)json_object_set_new(got, "a", json_integer(2));
	T_RC(RC_DENIED, paper_verify(got, "kind", p.contact.sign_key));
	(void)json_object_set_new(got, "a", json_integer(1));
	T_RC(RC_OK, paper_verify(got, "kind", p.contact.sign_key));
	(void)json_object_set_new(got, "z", json_null());
	T_RC(RC_DENIED, paper_verify(got, "kind", p.contact.sign_key));
	(void)json_object_del(got, "z");
	(void)json_object_set_new(got, "signature", json_string("AAAA"));
	T_RC(RC_DENIED, paper_verify(got, "kind", p.contact.sign_key));
	(void)json_object_del(got, "signature");
	T_RC(RC_DENIED, paper_verify(got, "kind", p.contact.sign_key));
	json_decref(got);
	json_decref(o);
	buf_clear(&b);
}

static void
the_hash_is_of_all_but_the_signature(void)
{
	json_t *o = json_pack("{s:i}", "a", 1);
	uint8_t one[32], two[32];

	T_RC(RC_OK, paper_hash(o, one));
	(void)json_object_set_new(o, "signature", json_string("x"));
	T_RC(RC_OK, paper_hash(o, two));
	T_MEM(one, two, 32);
	(void)json_object_set_new(o, "b", json_string("x"));
	T_RC(RC_OK, paper_hash(o, two));
	T_OK(memcmp(one, two, 32) != 0);
	json_decref(o);
}

static void
another_kind_or_version_is_refused(void)
{
	static const char *const bad[] = { "", "[]", "{}",
		"{\"tacet\":\"kind\"}", "{\"version\":2}",
		"{\"tacet\":\"other\",\"version\":2}",
		"{\"tacet\":1,\"version\":2}",
		"{\"tacet\":\"kind\",\"version\":1}",
		"{\"tacet\":\"kind\",\"version\":3}",
		"{\"tacet\":\"kind\",\"version\":\"2\"}",
		"{\"tacet\":\"kind\",\"version\":2,\"tacet\":\"kind\"}",
		"{\"tacet\":\"kind\",\"version\":2} x" };
	json_t *o = NULL;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		T_RC(RC_MALFORMED, paper_parse(rd_str(bad[i]), "kind", &o));
	T_OK(o == NULL);
	T_RC(RC_OK,
	    paper_parse(
		rd_str("{\"tacet\":\"kind\",\"version\":2}"), "kind", &o));
	json_decref(o);
}

static void
every_truncation_is_refused(void)
{
	json_t *o = json_pack("{s:i}", "a", 1);
	json_t *got = NULL;
	struct person p;
	struct buf b;

	person_init(&p, "a");
	(void)build(o, "kind", &p, &b);
	for (size_t n = 0; n + 1 < b.len; n++) {
		unsigned char *cut = tap_block(b.p, n);

		T_RC(RC_MALFORMED,
		    paper_parse((struct rd){ cut, n }, "kind", &got));
		free(cut);
	}
	T_OK(got == NULL);
	json_decref(o);
	buf_clear(&b);
}

static void
octets_are_of_exactly_their_size(void)
{
	json_t *o = json_object();
	json_t *a = json_array();
	uint8_t in[3] = { 1, 2, 3 };
	uint8_t out[4] = { 0 };

	T_RC(RC_OK, paper_set(o, "x", (struct rd){ in, 3 }));
	T_RC(RC_OK, paper_append(a, (struct rd){ in, 3 }));
	T_RC(RC_OK, paper_get(o, "x", 3, out));
	T_MEM(in, out, 3);
	T_RC(RC_OK, paper_at(a, 0, 3, out));
	T_OK(paper_get(o, "x", 2, out) != RC_OK);
	T_OK(paper_get(o, "x", 4, out) != RC_OK);
	T_OK(paper_get(o, "y", 3, out) != RC_OK);
	T_OK(paper_at(a, 1, 3, out) != RC_OK);
	(void)json_object_set_new(o, "x", json_integer(3));
	T_OK(paper_get(o, "x", 3, out) != RC_OK);
	json_decref(o);
	json_decref(a);
}

int
main(void)
{
	if (sodium_init() < 0)
		return 1;
	TEST(a_paper_is_canonical_and_signed_for_its_kind);
	TEST(a_changed_paper_does_not_verify);
	TEST(the_hash_is_of_all_but_the_signature);
	TEST(another_kind_or_version_is_refused);
	TEST(every_truncation_is_refused);
	TEST(octets_are_of_exactly_their_size);
	return tap_done();
}

/*
 * say: sends one message with libtacet and nothing else of this tree.
 * It shows the contract of include/tacet.h: carry requests, persist first.
 *   cc say.c -ltacet -lcurl && ./say STATE-FILE https://HOST:PORT +NUMBER TEXT
 */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <tacet.h>
#include <time.h>
#include <unistd.h>

static size_t
body_add(char *p, size_t size, size_t n, void *to)
{
	return fwrite(p, size, n, to) * size;
}

/* An example: a program also locks the file, as src/cmd/tacet_home.c does. */
static int
keep(struct tacet *t, const char *path)
{
	const uint8_t *p = NULL;
	size_t n = 0;
	char tmp[4096];
	FILE *f = NULL;

	(void)snprintf(tmp, sizeof(tmp), "%s.new", path);
	if (tacet_state(t, &p, &n) != TACET_OK || !(f = fopen(tmp, "wbx")))
		return -1;
	if (fwrite(p, 1, n, f) != n || fflush(f) || fsync(fileno(f)) ||
	    fclose(f) || rename(tmp, path))
		return -1;
	tacet_persisted(t);
	return 0;
}

static int
carry(struct tacet *t, const char *url, const struct tacet_request *q)
{
	struct curl_slist *fields = NULL;
	char target[1024], line[2048], *body = NULL;
	const char *p = q->fields, *end = NULL;
	size_t n = 0;
	long status = 0;
	FILE *f = open_memstream(&body, &n);
	CURL *c = curl_easy_init();

	for (; (end = strstr(p, "\r\n")) != NULL; p = end + 2) {
		(void)snprintf(line, sizeof(line), "%.*s", (int)(end - p), p);
		fields = curl_slist_append(fields, line);
	}
	(void)snprintf(line, sizeof(line), "Content-Type: %s",
	    q->type != NULL ? q->type : "");
	fields = curl_slist_append(fields, line);
	(void)snprintf(target, sizeof(target), "%s%s", url, q->path);
	curl_easy_setopt(c, CURLOPT_URL, target);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, q->method);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, fields);
	if (q->body_len > 0) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)q->body_len);
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, q->body);
	}
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, body_add);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
	if (curl_easy_perform(c) != CURLE_OK)
		return -1;
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	fclose(f);
	return tacet_answer(
	    t, time(NULL), (uint16_t)status, (const uint8_t *)body, n);
}

int
main(int argc, char **argv)
{
	static uint8_t blob[1 << 22];
	struct tacet *t = NULL;
	struct tacet_request q;
	FILE *f = argc == 5 ? fopen(argv[1], "rb") : NULL;
	size_t n = f != NULL ? fread(blob, 1, sizeof(blob), f) : 0;

	if (n == 0 || tacet_open(blob, n, &t) != TACET_OK ||
	    tacet_send(t, time(NULL), argv[3], argv[4], 0) != TACET_OK)
		return 1;
	while (tacet_doing(t) == TACET_DOING_REQUEST)
		if ((tacet_is_changed(t) && keep(t, argv[1]) != 0) ||
		    tacet_request(t, time(NULL), &q) != TACET_OK ||
		    carry(t, argv[2], &q) != 0)
			return 3;
	if (tacet_is_changed(t) && keep(t, argv[1]) != 0)
		return 4;
	puts(tacet_rc_name(tacet_outcome(t)->rc));
	return tacet_outcome(t)->rc == TACET_OK ? 0 : 1;
}

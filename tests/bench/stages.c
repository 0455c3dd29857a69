// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the collector's time goes: stages STORE MESSAGES ROUNDS EXPRESSION
 *
 * Arms EXPRESSION in the namespace it runs in, prints "ready", and keeps the
 * first MESSAGES trace messages as the kernel sent them. Then it takes them
 * through the collector's own code ROUNDS times, one stage after the other in
 * one thread, and prints the least CPU time an event of each: what the stages
 * cost when nobody disturbs them.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../tracerd/space.h"
#include "../../tracerd/world.h"
#include "assembler.h"
#include "nft_source.h"
#include "store.h"
#include "teller.h"

#define BATCH 256
#define BUFFER 8192
#define SILENCE_MS 3000
#define MESSAGES_A_BATCH 4096
#define STORIES_A_COMMIT 1000
#define CLASSIFIER 1

enum stage {
	RECEIVE,
	ASSEMBLE,
	TELL,
	STORE,
	N_STAGES,
};

static const char *const stage_names[] = {
	[RECEIVE] = "receive",
	[ASSEMBLE] = "assemble",
	[TELL] = "tell",
	[STORE] = "store",
};

/**
 * struct recording - trace messages as received
 * @bytes: one after the other
 * @len: bytes used
 * @size: bytes allocated
 * @ends: where each message ends
 * @n: messages
 * @max: messages wanted
 */
struct recording {
	uint8_t *bytes;
	size_t len;
	size_t size;
	size_t *ends;
	size_t n;
	size_t max;
};

/**
 * struct bench - what a round works with
 * @spaces: the namespace
 * @space: the same
 * @world: answers the teller
 * @recording: what the kernel sent
 * @best_ns: least CPU time of each stage
 * @stories: told in one round
 */
struct bench {
	struct skald_spaces spaces;
	struct skald_space *space;
	struct skald_world *world;
	struct recording recording;
	uint64_t best_ns[N_STAGES];
	uint64_t stories;
};

static void fail(const char *what, const char *why)
{
	fprintf(stderr, "stages: %s: %s\n", what, why);
	exit(3);
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static void keep_best(struct bench *bench, enum stage stage, uint64_t ns)
{
	if (!bench->best_ns[stage] || ns < bench->best_ns[stage])
		bench->best_ns[stage] = ns;
}

/* ---- recording ---- */

static void keep(struct recording *recording, const uint8_t *data, size_t len)
{
	if (recording->n == recording->max)
		return;
	if (recording->len + len > recording->size) {
		recording->size = recording->size * 2 + (1 << 20);
		recording->bytes = realloc(recording->bytes, recording->size);
		if (!recording->bytes)
			fail("recording", "no memory");
	}
	memcpy(recording->bytes + recording->len, data, len);
	recording->len += len;
	recording->ends[recording->n++] = recording->len;
}

/* Read all there is. Return: messages, and their CPU time added to @ns */
static size_t receive(int fd, struct recording *recording, uint64_t *ns)
{
	static uint8_t buffers[BATCH][BUFFER];
	struct mmsghdr headers[BATCH] = { 0 };
	struct iovec vectors[BATCH];
	size_t total = 0;
	uint64_t before;
	int i, n;

	for (i = 0; i < BATCH; i++) {
		vectors[i] = (struct iovec){ buffers[i], BUFFER };
		headers[i].msg_hdr.msg_iov = &vectors[i];
		headers[i].msg_hdr.msg_iovlen = 1;
	}
	do {
		before = cpu_ns();
		n = recvmmsg(fd, headers, BATCH, MSG_DONTWAIT, NULL);
		*ns += cpu_ns() - before;
		for (i = 0; i < n; i++)
			keep(recording, buffers[i], headers[i].msg_len);
		total += n > 0 ? n : 0;
	} while (n == BATCH || (n < 0 && errno == ENOBUFS));
	return total;
}

static void record(struct bench *bench, size_t max)
{
	const struct timespec pace = { .tv_nsec = 2000000 };
	const struct skald_source *source = bench->space->feed.source;
	struct pollfd poller = { .fd = source->ops->fd(source),
				 .events = POLLIN };
	struct recording *recording = &bench->recording;
	uint64_t ns = 0;
	size_t n = 0;

	recording->max = max;
	recording->ends = calloc(max, sizeof(*recording->ends));
	if (!recording->ends)
		fail("recording", "no memory");
	(void)receive(poller.fd, recording, &ns);
	recording->n = recording->len = ns = 0;
	puts("ready");
	fflush(stdout);
	while (poll(&poller, 1, n ? SILENCE_MS : -1) > 0) {
		n += receive(poller.fd, recording, &ns);
		nanosleep(&pace, NULL);
	}
	bench->best_ns[RECEIVE] = ns * recording->n / (n ? n : 1);
}

/* ---- the stages ---- */

static int rule_value(void *user, uint32_t netns, unsigned int family,
		      uint64_t handle)
{
	const struct bench *bench = user;

	return skald_debug_table_value(bench->space->table, family, handle);
}

static void take_batch(struct skald_assembler *assembler,
		       struct skald_batch **tail[])
{
	struct skald_batch *batch = skald_assembler_take(assembler);

	if (!batch)
		return;
	**tail = batch;
	*tail = &batch->next;
}

static struct skald_batch *assemble(struct bench *bench,
				    struct skald_assembler *assembler)
{
	const struct recording *recording = &bench->recording;
	struct skald_batch *head = NULL, **tail = &head;
	uint64_t before = cpu_ns();
	uint64_t t_ns = UINT64_C(1700000000000000000);
	struct skald_nft *nft;
	size_t i, at = 0;

	if (skald_nft_offline(bench->space->index, &nft))
		fail("source", "no memory");
	for (i = 0; i < recording->n; i++, t_ns += 1000) {
		skald_nft_feed(nft, assembler, recording->bytes + at,
			       recording->ends[i] - at, t_ns);
		at = recording->ends[i];
		if (i % MESSAGES_A_BATCH == 0)
			take_batch(assembler, &tail);
	}
	skald_assembler_close(assembler, UINT32_MAX, t_ns);
	take_batch(assembler, &tail);
	keep_best(bench, ASSEMBLE, cpu_ns() - before);
	skald_nft_close(nft);
	return head;
}

static uint64_t tell(struct bench *bench, struct skald_teller *teller,
		     const struct skald_batch *batch, struct skald_store *store)
{
	struct skald_error error = { 0 };
	struct skald_packed packed;
	uint64_t before = cpu_ns(), n = 0;
	uint32_t i;

	if (store && skald_store_begin(store, &error))
		fail("store", error.text);
	skald_world_store(bench->world, store);
	for (; batch; batch = batch->next) {
		for (i = 0; i < batch->n_items; i++) {
			const struct skald_item *item = &batch->items[i];

			if (item->type != SKALD_ITEM_STORY)
				continue;
			if (skald_teller_tell(teller, item->story, &packed))
				fail("teller", "no memory");
			if (!store)
				continue;
			if (skald_store_add(store, &packed, NULL, &error))
				fail("store", error.text);
			if (++n % STORIES_A_COMMIT == 0 &&
			    (skald_store_commit(store, &error) ||
			     skald_store_begin(store, &error)))
				fail("store", error.text);
		}
	}
	if (store && skald_store_commit(store, &error))
		fail("store", error.text);
	skald_world_store(bench->world, NULL);
	bench->stories = n;
	return cpu_ns() - before;
}

static void one_round(struct bench *bench, const char *path)
{
	const struct skald_assembler_config config = {
		.idle_ns = UINT64_MAX / 4,
		.queue_ns = UINT64_MAX / 4,
		.max_open = 65536,
		.rule_value = rule_value,
		.user = bench,
	};
	struct skald_assembler *assembler = skald_assembler_new(&config);
	struct skald_teller *teller =
		skald_teller_new(&skald_world_ops, bench->world);
	struct skald_batch *batch, *next;
	struct skald_error error = { 0 };
	struct skald_store *store;
	uint64_t told_ns;

	if (!assembler || !teller ||
	    skald_assembler_netns(assembler, bench->space->index,
				  skald_debug_table_name(bench->space->table),
				  bench->space->generation))
		fail("assembler", "no memory");
	unlink(path);
	if (skald_store_open(path, SKALD_STORE_WRITE, &store, &error))
		fail(path, error.text);
	batch = assemble(bench, assembler);
	(void)tell(bench, teller, batch, NULL); /* asks for routes and names */
	told_ns = tell(bench, teller, batch, NULL);
	keep_best(bench, TELL, told_ns);
	keep_best(bench, STORE, tell(bench, teller, batch, store) - told_ns);
	for (; batch; batch = next) {
		next = batch->next;
		skald_batch_free(batch);
	}
	skald_store_close(store);
	skald_teller_free(teller);
	skald_assembler_free(assembler);
}

/* ---- setting up ---- */

static void arm(struct bench *bench, char *expression)
{
	struct skald_classifier classifier = {
		.id = CLASSIFIER,
		.expression = expression,
		.hooks = SKALD_AT_PREROUTING | SKALD_AT_OUTPUT,
	};
	struct skald_netns netns;
	struct skald_error error = { 0 };

	if (skald_spaces_init(&bench->spaces, 0) ||
	    skald_world_new(&bench->spaces, &bench->world))
		fail("world", "no memory");
	if (skald_netns_open(NULL, &netns, &error) ||
	    skald_spaces_open(&bench->spaces, &netns, &bench->space, &error) ||
	    skald_classifier_compile(&classifier, &error) ||
	    skald_debug_table_add(bench->space->table, &classifier, &error))
		fail("cannot arm", error.text);
	(void)skald_world_classifier(bench->world, CLASSIFIER, expression);
	classifier.expression = NULL;
	skald_classifier_done(&classifier);
}

static void report(const struct bench *bench)
{
	double n = bench->recording.n ? bench->recording.n : 1;
	double sum = 0;
	int i;

	for (i = 0; i < N_STAGES; i++) {
		printf("%s %.0f\n", stage_names[i], bench->best_ns[i] / n);
		sum += bench->best_ns[i] / n;
	}
	printf("sum %.0f\nmessages %zu\nstories %llu\n", sum,
	       bench->recording.n, (unsigned long long)bench->stories);
}

int main(int argc, char **argv)
{
	static struct bench bench;
	int i;

	if (argc < 5) {
		fprintf(stderr, "usage: stages STORE MESSAGES ROUNDS "
				"EXPRESSION\n");
		return 2;
	}
	arm(&bench, argv[4]);
	record(&bench, strtoul(argv[2], NULL, 0));
	for (i = 0; i < atoi(argv[3]); i++)
		one_round(&bench, argv[1]);
	report(&bench);
	skald_world_free(bench.world);
	skald_spaces_done(&bench.spaces);
	free(bench.recording.bytes);
	free(bench.recording.ends);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: helpers
 *
 * A helper reads the commands of an application and says which conversations
 * will follow. It is one ops table; what it must remember of a conversation
 * lies in the entry's help slot, of bounded size, so that entries are of one
 * size whatever helpers there are.
 *
 * A helper that sees commands as a stream (ct_stream.h) keeps the stream
 * behind a pointer in its data and frees it in @destroy.
 */
#ifndef SKALD_ENGINE_CT_HELPER_H
#define SKALD_ENGINE_CT_HELPER_H

#include "ct.h"
#include "ct_expect.h"

struct skald_ct_gre_key;

/* Classes of expectations a helper may have. */
#define SKALD_CT_CLASSES 4
/* Bytes a helper may remember of an entry. */
#define SKALD_CT_HELP_DATA 96

/**
 * struct skald_ct_expect_policy - limits of one class of expectations
 * @name: for people
 * @max: expectations of the class an entry may have, 0: no limit of its own;
 *	the oldest goes when there are more
 * @timeout: seconds
 */
struct skald_ct_expect_policy {
	const char *name;
	u32 max;
	u32 timeout;
};

/**
 * struct skald_ct_helper - one application protocol
 * @name: as the kernel's: "ftp", "sip", ...
 * @text: what it understands, one line
 * @family: NFPROTO_IPV4, NFPROTO_IPV6, or NFPROTO_UNSPEC for both
 * @proto: IP protocol
 * @ports: destination ports where it is usually attached, host order, 0 ends
 * @policies: its classes
 * @n_policies: at most SKALD_CT_CLASSES
 * @help: reads a packet of @packet->ct, confirmed or not. NF_ACCEPT, or
 *NF_DROP: the packet must not pass because what it says could not be noted
 * @gone: the entry has left the table; may be NULL
 * @destroy: frees what the data holds; the entry is out of the table; may be
 *	NULL
 */
struct skald_ct_helper {
	const char *name;
	const char *text;
	u8 family;
	u8 proto;
	const u16 *ports;
	const struct skald_ct_expect_policy *policies;
	u8 n_policies;
	int (*help)(struct skald_ct_packet *packet);
	void (*gone)(struct skald_ct_table *table, struct skald_ct *ct,
		     u64 now_ns);
	void (*destroy)(struct skald_ct_table *table, struct skald_ct *ct);
};

/**
 * struct skald_ct_help - help slot of an entry
 * @helper: the helper, NULL: it was taken away
 * @expects: expectations of this entry, newest first, under expect_lock
 * @n: how many of each class
 * @gre_keys: keys of tunnels, see skald_ct_gre_key_add(); under expect_lock
 * @data: the helper's, zero at first; under the entry's lock
 */
struct skald_ct_help {
	const struct skald_ct_helper *helper;
	struct hlist_head expects;
	u8 n[SKALD_CT_CLASSES];
	struct skald_ct_gre_key *gre_keys[SKALD_CT_DIRS];
	u64 data[SKALD_CT_HELP_DATA / sizeof(u64)];
};

/* What a helper remembers: skald_ct_help_data(ct, struct ftp_data). */
#define skald_ct_help_data(ct, type)                             \
	({                                                       \
		BUILD_BUG_ON(sizeof(type) > SKALD_CT_HELP_DATA); \
		(type *)(void *)(ct)->help->data;                \
	})

/**
 * skald_ct_help_attach() - give an entry a helper
 * @ct: entry, not confirmed yet
 * @helper: the helper
 *
 * Return: 0; -EINVAL: not a helper for this protocol or family; -EEXIST: it has
 * one; -ENOMEM.
 */
int skald_ct_help_attach(struct skald_ct *ct,
			 const struct skald_ct_helper *helper);

/**
 * skald_ct_help_drop() - a helper refuses a packet, and says why
 * @packet: the packet
 * @text: static
 *
 * Return: NF_DROP.
 */
int skald_ct_help_drop(struct skald_ct_packet *packet, const char *text);

/* A helper has something to say (SKALD_CT_NOTE_HELPER); @text is static. */
void skald_ct_help_tell(struct skald_ct_packet *packet, const char *text);

/* An entry with a helper left the table. The table's own use. */
void skald_ct_help_gone(struct skald_ct_table *table, struct skald_ct *ct,
			u64 now_ns);

/* The table lets go of the slot: expectations, data. The table's own use. */
void skald_ct_help_free(struct skald_ct_table *table, struct skald_ct *ct,
			u64 now_ns);

/**
 * skald_ct_gre_key_add() - the other side's key of a GRE tunnel
 * @table: the table
 * @ct: entry of the control connection; has a help slot
 * @dir: direction of the tunnel
 * @tuple: of the tunnel: @sport is the key that packets with @dport do not say
 *
 * As nf_ct_gre_keymap_add().
 *
 * Return: 0, also when it is there already; -EEXIST: @dir has another;
 * -ENOMEM.
 */
int skald_ct_gre_key_add(struct skald_ct_table *table, struct skald_ct *ct,
			 enum skald_ct_dir dir,
			 const struct skald_ct_tuple *tuple);

/* Forget both keys of a control connection. */
void skald_ct_gre_key_remove(struct skald_ct_table *table, struct skald_ct *ct);

#endif /* SKALD_ENGINE_CT_HELPER_H */

// SPDX-License-Identifier: GPL-2.0-only
/* Transactions: messages, and dumps of the kernel's ruleset. */
#include "load.h"

#include "change.h"

#define NAME_LEN 256
/* Deletions that do not mind if there is nothing (since Linux 6.3). */
#define MSG_DESTROY_FIRST 26
#define MSG_DESTROY_LAST 32

void skald_load_begin(struct skald_load *load, struct skald_vm *vm, u64 now)
{
	memset(load, 0, sizeof(*load));
	load->vm = vm;
	load->now = now;
	INIT_LIST_HEAD(&load->changes);
}

int skald_load_refuse(struct skald_load *load, int err, const char *what,
		      const char *name)
{
	struct skald_phrase phrase;

	skald_phrase_init(&phrase, load->error, sizeof(load->error));
	skald_phrase_str(&phrase, what);
	skald_phrase_str(&phrase, " ");
	skald_phrase_str(&phrase, name ? name : "");
	return err;
}

struct skald_change *skald_change_add(struct skald_load *load,
				      enum skald_change_kind kind, bool is_del)
{
	struct skald_change *change = kzalloc(sizeof(*change), GFP_KERNEL);

	if (!change)
		return NULL;
	change->kind = kind;
	change->is_del = is_del;
	list_add_tail(&change->list, &load->changes);
	load->n_changes++;
	return change;
}

char *skald_load_name(const char *name)
{
	return kmemdup(name, strlen(name) + 1, GFP_KERNEL);
}

static bool is_destroy(const struct skald_message *message)
{
	return message->type >= MSG_DESTROY_FIRST &&
	       message->type <= MSG_DESTROY_LAST;
}

bool skald_message_is_del(const struct skald_message *message)
{
	switch (message->type) {
	case NFT_MSG_DELTABLE:
	case NFT_MSG_DELCHAIN:
	case NFT_MSG_DELRULE:
	case NFT_MSG_DELSET:
	case NFT_MSG_DELSETELEM:
	case NFT_MSG_DELOBJ:
	case NFT_MSG_DELFLOWTABLE:
		return true;
	default:
		return is_destroy(message);
	}
}

int skald_load_find_table(struct skald_load *load,
			  const struct skald_message *message,
			  const struct skald_nla *name)
{
	const char *string = skald_nla_string(name, NAME_LEN);
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_table *table;

	if (!string)
		return -EINVAL;
	list_for_each_entry(table, &load->vm->tables, list) {
		if (table->family != message->family ||
		    (table->genmask & bit) || strcmp(table->name, string) != 0)
			continue;
		load->table = table;
		load->family = message->family;
		return 0;
	}
	return skald_load_refuse(load, -ENOENT, "no table", string);
}

struct skald_vm_chain *skald_load_chain(const struct skald_load *load,
					const char *name, u32 id)
{
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_chain *chain;
	struct hlist_head *bucket;

	if (!name) {
		list_for_each_entry(chain, &load->table->chains, list) {
			if (chain->id == id && id && !(chain->genmask & bit))
				return chain;
		}
		return NULL;
	}
	bucket = skald_names_bucket(&load->table->chain_names,
				    skald_names_hash_string(name));
	if (!bucket)
		return NULL;
	hlist_for_each_entry(chain, bucket, by_name) {
		if (!(chain->genmask & bit) && strcmp(chain->name, name) == 0)
			return chain;
	}
	return NULL;
}

struct skald_vm_obj *skald_load_obj(const struct skald_load *load,
				    const char *name, u32 type)
{
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_obj *obj;

	list_for_each_entry(obj, &load->table->objs, list) {
		if (obj->type == type && !(obj->genmask & bit) &&
		    strcmp(obj->name, name) == 0)
			return obj;
	}
	return NULL;
}

struct skald_vm_flowtable *skald_load_flowtable(const struct skald_load *load,
						const char *name)
{
	u8 bit = skald_vm_next_bit(load->vm);
	struct skald_vm_flowtable *flowtable;

	list_for_each_entry(flowtable, &load->table->flowtables, list) {
		if (!(flowtable->genmask & bit) &&
		    strcmp(flowtable->name, name) == 0)
			return flowtable;
	}
	return NULL;
}

/* One of the kinds of messages, whether they make or delete. */
static int (*handler_of(u8 type))(struct skald_load *,
				  const struct skald_message *)
{
	switch (type) {
	case NFT_MSG_NEWTABLE:
	case NFT_MSG_DELTABLE:
	case MSG_DESTROY_FIRST:
		return skald_load_table;
	case NFT_MSG_NEWCHAIN:
	case NFT_MSG_DELCHAIN:
	case MSG_DESTROY_FIRST + 1:
		return skald_load_chain_message;
	case NFT_MSG_NEWRULE:
	case NFT_MSG_DELRULE:
	case MSG_DESTROY_FIRST + 2:
		return skald_load_rule;
	case NFT_MSG_NEWSET:
	case NFT_MSG_DELSET:
	case MSG_DESTROY_FIRST + 3:
		return skald_load_set;
	case NFT_MSG_NEWSETELEM:
	case NFT_MSG_DELSETELEM:
	case MSG_DESTROY_FIRST + 4:
		return skald_load_elems;
	case NFT_MSG_NEWOBJ:
	case NFT_MSG_DELOBJ:
	case MSG_DESTROY_FIRST + 5:
		return skald_load_object;
	case NFT_MSG_NEWFLOWTABLE:
	case NFT_MSG_DELFLOWTABLE:
	case MSG_DESTROY_FIRST + 6:
		return skald_load_flow;
	default:
		return NULL;
	}
}

int skald_load_message(struct skald_load *load,
		       const struct skald_message *message)
{
	int (*handler)(struct skald_load *, const struct skald_message *);
	int err;

	handler = handler_of(message->type);
	if (!handler)
		return -EOPNOTSUPP;
	load->table = NULL;
	load->chain = NULL;
	load->rule = NULL;
	load->set = NULL;
	load->error[0] = '\0';
	err = handler(load, message);
	if (err == -ENOENT && is_destroy(message))
		return 0;
	return err;
}

/* The next netlink message. Return: false: the end, or none */
static bool next_message(const u8 **at, size_t *len,
			 struct skald_message *message)
{
	u32 header = sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg);
	const struct nfgenmsg *nfg;
	struct nlmsghdr nlh;
	size_t step;

	if (*len < header)
		return false;
	memcpy(&nlh, *at, sizeof(nlh));
	if (nlh.nlmsg_len < header || nlh.nlmsg_len > *len)
		return false;
	nfg = (const struct nfgenmsg *)(*at + sizeof(nlh));
	message->type = nlh.nlmsg_type & 0xff;
	if (nlh.nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
		message->type = U8_MAX;
	message->flags = nlh.nlmsg_flags;
	message->family = nfg->nfgen_family;
	message->attrs = *at + header;
	message->len = nlh.nlmsg_len - header;
	step = min_t(size_t, ((size_t)nlh.nlmsg_len + 3) & ~(size_t)3, *len);
	*at += step;
	*len -= step;
	return true;
}

/* The messages of one kind lie between two places of a dump. */
struct stretch {
	size_t from;
	size_t to;
};

/* Dumps have one kind behind the other, and may be long: each is looked
 * through once for all kinds, then each kind where it is. */
static int find_kinds(const u8 *bytes, size_t len, struct stretch *stretches,
		      u32 n)
{
	struct skald_message message;
	const u8 *at = bytes;
	size_t left = len, before;

	for (before = 0; next_message(&at, &left, &message);
	     before = len - left) {
		if (message.type >= n)
			continue;
		if (!stretches[message.type].to)
			stretches[message.type].from = before;
		stretches[message.type].to = len - left;
	}
	return left ? -EBADMSG : 0;
}

static int load_kind(struct skald_load *load, u8 type, const u8 *at, size_t len)
{
	struct skald_message message;
	int err;

	while (next_message(&at, &len, &message)) {
		if (message.type != type)
			continue;
		err = skald_load_message(load, &message);
		if (err)
			return err;
	}
	return 0;
}

int skald_load_dump(struct skald_load *load, const void *bytes, size_t len)
{
	/* what is referred to comes before what refers to it */
	static const u8 order[] = {
		NFT_MSG_NEWTABLE, NFT_MSG_NEWFLOWTABLE, NFT_MSG_NEWOBJ,
		NFT_MSG_NEWCHAIN, NFT_MSG_NEWSET,	NFT_MSG_NEWSETELEM,
		NFT_MSG_NEWRULE,
	};
	struct stretch stretches[NFT_MSG_MAX] = { { 0 } };
	const u8 *start = bytes;
	int err = find_kinds(start, len, stretches, ARRAY_SIZE(stretches));
	u32 i;

	load->keeps_handles = true;
	for (i = 0; i < ARRAY_SIZE(order) && !err; i++) {
		const struct stretch *stretch = &stretches[order[i]];

		if (stretch->to > stretch->from)
			err = load_kind(load, order[i], start + stretch->from,
					stretch->to - stretch->from);
	}
	return err;
}

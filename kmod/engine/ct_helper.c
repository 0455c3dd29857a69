// SPDX-License-Identifier: GPL-2.0-only
/*
 * The help slot of an entry.
 */
#include "ct_helper.h"

int skald_ct_help_attach(struct skald_ct *ct,
			 const struct skald_ct_helper *helper)
{
	struct skald_ct_help *help;

	if (helper->proto != skald_ct_protonum(ct) ||
	    (helper->family != NFPROTO_UNSPEC &&
	     helper->family != skald_ct_family(ct)))
		return -EINVAL;
	if (ct->help)
		return -EEXIST;
	help = kzalloc(sizeof(*help), GFP_ATOMIC);
	if (!help)
		return -ENOMEM;
	help->helper = helper;
	INIT_HLIST_HEAD(&help->expects);
	ct->help = help;
	set_bit(SKALD_CT_HELPER, &ct->status);
	return 0;
}

int skald_ct_help_drop(struct skald_ct_packet *packet, const char *text)
{
	struct skald_ct_note note = {
		.kind = SKALD_CT_NOTE_DROP,
		.reason = SKALD_CT_REASON_HELPER,
		.helper = packet->ct->help->helper,
		.text = text,
	};

	packet->reason = SKALD_CT_REASON_HELPER;
	skald_ct_tell(packet, &note);
	return NF_DROP;
}

void skald_ct_help_tell(struct skald_ct_packet *packet, const char *text)
{
	struct skald_ct_note note = {
		.kind = SKALD_CT_NOTE_HELPER,
		.helper = packet->ct->help->helper,
		.text = text,
	};

	skald_ct_tell(packet, &note);
}

void skald_ct_help_gone(struct skald_ct_table *table, struct skald_ct *ct,
			u64 now_ns)
{
	const struct skald_ct_helper *helper = ct->help->helper;

	skald_ct_expect_remove_all(table, ct, now_ns);
	if (helper && helper->gone)
		helper->gone(table, ct, now_ns);
}

void skald_ct_help_free(struct skald_ct_table *table, struct skald_ct *ct,
			u64 now_ns)
{
	const struct skald_ct_helper *helper = ct->help->helper;

	skald_ct_expect_remove_all(table, ct, now_ns);
	if (helper && helper->destroy)
		helper->destroy(table, ct);
	skald_ct_gre_key_remove(table, ct);
	kfree(ct->help);
	ct->help = NULL;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets, losses, and how a story of records ended.
 *
 * Whole means: it began with a mark, or with the link to the packet it comes
 * from, its last record says how it ended, and no record of it was lost on any
 * CPU: CPUs number theirs.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "kmod_names.h"
#include "telling_kmod.h"

/* ---- sockets ---- */

static const char *protocol_of(struct skald_records *records,
			       const struct skald_r_socket *socket)
{
	static const struct skald_word protocols[] = {
		{ IPPROTO_TCP, "tcp" },		{ IPPROTO_UDP, "udp" },
		{ IPPROTO_ICMP, "icmp" },	{ IPPROTO_ICMPV6, "icmp6" },
		{ IPPROTO_IGMP, "igmp" },	{ IPPROTO_SCTP, "sctp" },
		{ IPPROTO_UDPLITE, "udplite" }, { IPPROTO_DCCP, "dccp" },
		{ IPPROTO_RAW, "raw" },		{ 0, NULL },
	};
	const struct skald_word *word = protocols;

	if (socket->family == AF_PACKET)
		return "packet";
	while (word->word && word->number != socket->protocol)
		word++;
	if (word->word)
		return word->word;
	return skald_arena_printf(&records->telling->arena, "%u",
				  socket->protocol);
}

static uint32_t kind_of(unsigned int type)
{
	if (type == SKALD_R_SENDER)
		return SKALD_SENDER;
	return type == SKALD_R_TAP ? SKALD_TAP : SKALD_DELIVER;
}

static void tell_process(struct skald_records *records,
			 struct skald_event *event, uint32_t pid,
			 const char command[16])
{
	const char *name = skald_records_text(records, command, 16);

	SKALD_SET(event, deliver, pid, pid);
	if (name && *name)
		SKALD_SET(event, deliver, command, name);
}

static void learn(struct skald_records *records, uint64_t inode, uint32_t pid,
		  const char command[16])
{
	struct skald_telling *telling = records->telling;

	if (telling->ops->owns && inode && pid)
		telling->ops->owns(telling->user, inode, pid, command);
}

/*
 * A packet is put into a socket by whoever is running, not by who owns it: only
 * the sender is a process for certain, others are asked for by the socket.
 */
static void tell_owner(struct skald_records *records, struct skald_event *event,
		       const struct skald_r_socket *socket)
{
	struct skald_telling *telling = records->telling;
	char command[16] = { 0 };
	uint32_t pid = 0;

	if (socket->record.type == SKALD_R_SENDER && socket->pid) {
		tell_process(records, event, socket->pid, socket->command);
		learn(records, socket->inode, socket->pid, socket->command);
		return;
	}
	if (telling->ops->owner && socket->inode)
		pid = telling->ops->owner(telling->user, socket->inode,
					  command);
	if (pid)
		tell_process(records, event, pid, command);
}

static void note_fate(struct skald_records *records, unsigned int type)
{
	if (type == SKALD_R_DELIVER) {
		records->fate = SKALD_FATE_DELIVERED;
		records->deliver = records->telling->story.n_events - 1;
	} else if (type == SKALD_R_TAP && records->is_cloned &&
		   records->fate == SKALD_FATE_NONE) {
		records->fate = SKALD_FATE_TAPPED;
	}
}

/* From its backlog a socket gets the packet once more. */
static bool is_known(const struct skald_records *records,
		     const struct skald_r_socket *socket)
{
	const struct skald_event *event;

	if (socket->record.type != SKALD_R_DELIVER ||
	    records->deliver == SKALD_NO_EVENT)
		return false;
	event = &records->telling->events[records->deliver];
	return event->ev_deliver.socket == socket->inode;
}

/* The fields of the three kinds are the same ones, in the same places. */
void skald_records_socket(struct skald_records *records,
			  const struct skald_r_socket *socket)
{
	unsigned int type = socket->record.type;
	struct skald_event *event;
	const char *protocol;

	if (is_known(records, socket))
		return;
	event = skald_telling_add(records->telling, kind_of(type));
	if (!event)
		return;
	protocol = protocol_of(records, socket);
	if (protocol)
		SKALD_SET(event, deliver, protocol, protocol);
	if (socket->lport && socket->family != AF_PACKET)
		SKALD_SET(event, deliver, port, ntohs(socket->lport));
	if (socket->inode)
		SKALD_SET(event, deliver, socket, socket->inode);
	tell_owner(records, event, socket);
	note_fate(records, type);
}

/* ---- losses ---- */

void skald_records_lost(struct skald_records *records,
			const struct skald_r_lost *lost)
{
	struct skald_telling *telling = records->telling;

	skald_telling_gap(telling, 0,
			  skald_arena_printf(&telling->arena,
					     "%llu records of several packets "
					     "were lost here",
					     (unsigned long long)lost->count));
}

/* ---- endings ---- */

/* Netfilter dropped it: the rule or policy that was told last did. */
static const struct skald_run_rule *culprit(const struct skald_records *records)
{
	const struct skald_run *run = &records->run;
	const struct skald_run_rule *rule;

	if (!run->n_rules)
		return NULL;
	rule = &run->rules[run->n_rules - 1];
	return rule->verdict == SKALD_VERDICT_DROP || records->run.is_policy
		       ? rule
		       : NULL;
}

static void blame(struct skald_records *records, struct skald_event *event,
		  const struct skald_run_rule *rule)
{
	struct skald_ending *ending = &records->telling->story.ending;

	ending->hook = records->telling->hook;
	ending->family = rule->family;
	ending->table = rule->table;
	ending->chain = rule->chain;
	ending->handle = rule->handle;
	ending->text = rule->handle ? rule->text : "policy drop";
	if (event)
		SKALD_SET(event, drop, by,
			  rule->by ? rule->by
				   : skald_arena_printf(
					     &records->telling->arena,
					     "%s %s %s policy",
					     skald_word(skald_words_of_FAMILY,
							rule->family),
					     rule->table, rule->chain));
}

static const char *reason_of(struct skald_records *records, uint32_t reason)
{
	const char *name = skald_kmod_reason(records->names, reason);

	return name ? name
		    : skald_arena_printf(&records->telling->arena, "reason %u",
					 reason);
}

static bool is_netfilter(const char *reason, const char *place)
{
	return (reason && !strcmp(reason, "NETFILTER_DROP")) ||
	       (place && (!strncmp(place, "nf_hook_slow", 12) ||
			  !strncmp(place, "nft_do_chain", 12)));
}

static void end_dropped(struct skald_records *records)
{
	struct skald_telling *telling = records->telling;
	const struct skald_r_end *drop = records->drop;
	const char *place = skald_records_place(records, drop->place);
	const char *reason = reason_of(records, drop->reason);
	struct skald_event *event = skald_telling_add(telling, SKALD_DROP);
	const struct skald_run_rule *rule = culprit(records);

	telling->story.ending.kind = SKALD_ENDING_DROPPED;
	telling->story.ending.reason = reason;
	if (event) {
		SKALD_SET(event, drop, reason, reason);
		if (place)
			SKALD_SET(event, drop, place, place);
	}
	if (rule && is_netfilter(reason, place))
		blame(records, event, rule);
	else if (telling->hook != SKALD_HOOK_NONE &&
		 is_netfilter(reason, place))
		telling->story.ending.hook = telling->hook;
}

static void end_consumed(struct skald_records *records, const char *by)
{
	struct skald_telling *telling = records->telling;
	struct skald_event *event = skald_telling_add(telling, SKALD_CONSUME);

	telling->story.ending.kind = SKALD_ENDING_CONSUMED;
	telling->story.ending.reason = by;
	if (event && by)
		SKALD_SET(event, consume, by, by);
}

static void end_sent(struct skald_records *records)
{
	struct skald_ending *ending = &records->telling->story.ending;

	ending->kind = SKALD_ENDING_SENT;
	ending->hook = SKALD_HOOK_POSTROUTING;
	ending->reason = "handed to the device";
}

/* Who reads the socket is known when the packet is read. */
static void end_delivered(struct skald_records *records, const char *reason)
{
	struct skald_telling *telling = records->telling;
	const struct skald_r_end *end = (const void *)records->last;
	struct skald_event *event = NULL;

	telling->story.ending.kind = SKALD_ENDING_DELIVERED;
	telling->story.ending.reason = reason;
	if (records->deliver != SKALD_NO_EVENT)
		event = &telling->events[records->deliver];
	if (!event || !end || SKALD_HAS(event, deliver, pid) ||
	    (end->record.type != SKALD_R_CONSUME &&
	     end->record.type != SKALD_R_FREE) ||
	    !end->pid)
		return;
	tell_process(records, event, end->pid, end->command);
	learn(records, event->ev_deliver.socket, end->pid, end->command);
}

static void end_unknown(struct skald_records *records, const char *why)
{
	struct skald_ending *ending = &records->telling->story.ending;

	ending->kind = SKALD_ENDING_UNKNOWN;
	ending->hook = records->telling->hook;
	ending->reason = why;
}

static const char *forget_text(const struct skald_r_forget *forget)
{
	switch ((enum skald_forget_why)forget->why) {
	case SKALD_FORGET_STALE:
		return "it ended where nobody looks";
	case SKALD_FORGET_IDLE:
		return "it has not moved for two minutes";
	case SKALD_FORGET_STOP:
		return "tracing ended before the packet did";
	}
	return "skald.ko gave it up";
}

/* The memory is given back: what became of the packet was told before. */
static void end_by_fate(struct skald_records *records)
{
	const struct skald_r_end *end = (const void *)records->last;
	const char *place = skald_records_place(records, end->place);

	switch (records->fate) {
	case SKALD_FATE_SENT:
		end_sent(records);
		break;
	case SKALD_FATE_DELIVERED:
		end_delivered(records, "a socket has it");
		break;
	case SKALD_FATE_TAPPED:
		end_delivered(records, "a packet socket has it");
		break;
	case SKALD_FATE_CUT:
		end_consumed(records, "its parts go on");
		break;
	case SKALD_FATE_WAITS:
		end_consumed(records, "joined its datagram");
		break;
	case SKALD_FATE_NONE:
	case SKALD_FATE_QUEUED:
		end_consumed(records, place ? place : "the stack");
		break;
	}
}

/*
 * tcp_rcv_state_process() gives back what it has worked on as a drop without a
 * reason: the socket had it all the same.
 */
static bool is_worked_on(struct skald_records *records)
{
	const char *place = skald_records_place(records, records->drop->place);

	return records->fate == SKALD_FATE_DELIVERED && place &&
	       !strncmp(place, "tcp_rcv_state_process", 21) &&
	       !strcmp(reason_of(records, records->drop->reason),
		       "NOT_SPECIFIED");
}

static void end_ended(struct skald_records *records)
{
	const struct skald_r_record *last = records->last;

	if (records->drop && !is_worked_on(records))
		end_dropped(records);
	else if (last && last->type == SKALD_R_FORGET)
		end_unknown(records, forget_text((const void *)last));
	else if (last &&
		 (last->type == SKALD_R_CONSUME || last->type == SKALD_R_FREE))
		end_by_fate(records);
	else
		end_delivered(records, records->fate == SKALD_FATE_TAPPED
					       ? "a packet socket has it"
					       : "a socket has it");
}

/* The same frame in another life: devices pass it on when it was sent. */
static void end_passed(struct skald_records *records)
{
	unsigned int how = records->link ? records->link->how : 0;

	if (how == SKALD_LINK_DECAP)
		end_consumed(records, "taken out of its tunnel");
	else if (records->fate == SKALD_FATE_SENT ||
		 how == SKALD_LINK_NAMESPACE || how == SKALD_LINK_LOOP)
		end_sent(records);
	else
		end_consumed(records, "put into a tunnel");
}

static void check_whole(struct skald_records *records)
{
	struct skald_telling *telling = records->telling;
	const struct skald_raw_story *raw = telling->raw;
	const struct skald_r_record *last = records->last;

	if (!raw->has_mark && !raw->link_serial)
		skald_telling_gap(telling, 0, "the beginning is not known");
	if (!records->has_snap && !records->is_cloned)
		skald_telling_gap(telling, 0, "its headers were not shown");
	if (raw->was_lossy && !telling->story.n_gaps)
		skald_telling_gap(telling, 0, "no memory for more records");
	if (raw->end == SKALD_RAW_CLOSED)
		skald_telling_gap(telling, 0,
				  "tracing ended before the packet did");
	if (raw->end == SKALD_RAW_IDLE || raw->end == SKALD_RAW_LOST)
		skald_telling_gap(telling, 0, "its end is not known");
	if (raw->end == SKALD_RAW_ENDED && last && last->type == SKALD_R_FORGET)
		skald_telling_gap(telling, 0, forget_text((const void *)last));
	telling->story.complete = !telling->story.n_gaps;
}

/* A packet left by the interface that its route named, or not. */
static void check_routes(struct skald_records *records)
{
	struct skald_telling *telling = records->telling;
	unsigned int i;

	if (records->fate != SKALD_FATE_SENT || !records->oif)
		return;
	for (i = 0; i < telling->story.n_events; i++) {
		struct skald_event *event = &telling->events[i];

		if (skald_story_way_out(event))
			SKALD_SET(event, route, agrees,
				  !strcmp(event->ev_route.oif, records->oif));
	}
}

void skald_records_end(struct skald_records *records)
{
	struct skald_telling *telling = records->telling;

	switch ((enum skald_raw_end)telling->raw->end) {
	case SKALD_RAW_ENDED:
		end_ended(records);
		break;
	case SKALD_RAW_PASSED:
		end_passed(records);
		break;
	case SKALD_RAW_JOINED:
		end_consumed(records, "joined its datagram");
		break;
	case SKALD_RAW_LOST:
		end_unknown(records, "records were lost");
		break;
	case SKALD_RAW_CLOSED:
		end_unknown(records, "tracing ended");
		break;
	case SKALD_RAW_IDLE:
	/* of the nft source only */
	case SKALD_RAW_DROPPED:
	case SKALD_RAW_LAST:
	case SKALD_RAW_STOLEN:
	case SKALD_RAW_QUEUED:
	case SKALD_RAW_REUSED:
		end_unknown(records, "it was not heard of any more");
		break;
	}
	check_routes(records);
	check_whole(records);
}

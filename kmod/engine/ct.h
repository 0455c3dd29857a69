/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: connection tracking
 *
 * A *table* holds *entries*: conversations, found by the tuple of either
 * direction. A packet comes by in three steps, as in nf_conntrack:
 *
 *	skald_ct_in()		which entry, which state; a new entry is not in
 *				the table yet
 *	(NAT, filter)		may look at, change or refuse
 *	skald_ct_out()		helper, sequence adjustment, and a new entry
 *				goes into the table: skald_ct_confirm()
 *
 * A packet that does not reach the third step leaves no trace. Each
 * skald_ct_in() needs its skald_ct_put().
 *
 * Locking: lookups run under RCU, changes of chains under the locks of their
 * buckets, changes of an entry's protocol state under its own lock, all of
 * expectations under the table's expect_lock. In a process all locks are none
 * and one thread at a time works on a table.
 *
 * Time is nanoseconds of a clock of the caller's that never goes back. An
 * entry whose time has come is gone at that nanosecond, although its memory
 * stays until a lookup or skald_ct_gc() meets it.
 */
#ifndef SKALD_ENGINE_CT_H
#define SKALD_ENGINE_CT_H

#include "ct_note.h"
#include "ct_timeout.h"
#include "ct_tuple.h"

struct skald_ct_help;
struct skald_ct_nat;
struct skald_ct_seqadj;
struct skald_ct_proto;

/* Bits of status; the numbers are those of IPS_* in the kernel's uapi. */
enum skald_ct_status {
	SKALD_CT_EXPECTED = 0,
	SKALD_CT_SEEN_REPLY = 1,
	SKALD_CT_ASSURED = 2,
	SKALD_CT_CONFIRMED = 3,
	SKALD_CT_SRC_NAT = 4,
	SKALD_CT_DST_NAT = 5,
	SKALD_CT_SEQ_ADJUST = 6,
	SKALD_CT_SRC_NAT_DONE = 7,
	SKALD_CT_DST_NAT_DONE = 8,
	SKALD_CT_DYING = 9,
	SKALD_CT_FIXED_TIMEOUT = 10,
	SKALD_CT_NAT_CLASH = 12,
	SKALD_CT_HELPER = 13,
};

/* What a packet is to its entry. */
enum skald_ct_state {
	SKALD_CT_INVALID,
	SKALD_CT_NEW,
	SKALD_CT_ESTABLISHED,
	SKALD_CT_RELATED,
	SKALD_CT_UNTRACKED,
};

/* The state's word: "new", "established", ...; static. */
const char *skald_ct_state_word(enum skald_ct_state state);
/* 'N', 'E', 'R', 'I' or 'U'. */
char skald_ct_state_letter(enum skald_ct_state state);

/**
 * struct skald_ct_zone - which of several worlds with the same addresses
 * @id: zone
 * @dirs: bit for each enum skald_ct_dir in which @id counts; in the others
 *	the zone is 0
 */
struct skald_ct_zone {
	u16 id;
	u8 dirs;
};

#define SKALD_CT_ZONE_BOTH 3

static inline u16 skald_ct_zone_id(const struct skald_ct_zone *zone,
				   enum skald_ct_dir dir)
{
	return zone->dirs & (1u << dir) ? zone->id : 0;
}

/* Flags of a TCP sender; those below 0x40 as IP_CT_TCP_FLAG_* in the uapi. */
#define SKALD_CT_TCP_SCALE 0x01 /* said window scale */
#define SKALD_CT_TCP_SACK_PERM 0x02
#define SKALD_CT_TCP_CLOSE_INIT 0x04 /* sent the first FIN */
#define SKALD_CT_TCP_BE_LIBERAL 0x08
#define SKALD_CT_TCP_UNACKED 0x10 /* sent data not acknowledged yet */
#define SKALD_CT_TCP_MAXACK_SET 0x20
/* of the connection, in last_flags */
#define SKALD_CT_TCP_CHALLENGE 0x40 /* a challenge ACK may come */
#define SKALD_CT_TCP_SIMULTANEOUS 0x80 /* both sides sent SYN */

/**
 * struct skald_ct_tcp - what is known of a TCP connection
 * @seen: the senders
 * @state: enum skald_ct_tcp_state
 * @last_dir: direction of the last packet that counted
 * @last_index: kind of that packet, enum skald_ct_tcp_index
 * @retrans: times the last segment came again
 * @last_seq: its sequence number
 * @last_ack: its acknowledgment number
 * @last_end: sequence number behind it
 * @last_win: its window
 * @last_scale: window scale of a SYN that was let pass
 * @last_flags: flags of that SYN, and of the connection
 */
struct skald_ct_tcp {
	struct skald_ct_tcp_side seen[SKALD_CT_DIRS];
	u8 state;
	u8 last_dir;
	u8 last_index;
	u8 retrans;
	u32 last_seq;
	u32 last_ack;
	u32 last_end;
	u16 last_win;
	u8 last_scale;
	u8 last_flags;
};

/* SCTP: verification tags in network order. */
struct skald_ct_sctp {
	u8 state;
	u8 last_dir;
	u8 flags;
	u8 init[SKALD_CT_DIRS];
	__be32 vtag[SKALD_CT_DIRS];
};

struct skald_ct_dccp {
	u8 role[SKALD_CT_DIRS];
	u8 state;
	u8 last_type;
	u8 last_dir;
	u64 handshake_seq;
};

/* GRE: a helper may set other timeouts, seconds. */
struct skald_ct_gre {
	u32 timeout;
	u32 stream_timeout;
};

struct skald_ct_udp {
	u64 stream_ns; /* from then on it is a stream */
};

union skald_ct_private {
	struct skald_ct_tcp tcp;
	struct skald_ct_sctp sctp;
	struct skald_ct_dccp dccp;
	struct skald_ct_gre gre;
	struct skald_ct_udp udp;
};

/**
 * struct skald_ct_count - packets and bytes of a direction
 * @packets: packets
 * @bytes: bytes from the network header on
 */
struct skald_ct_count {
	atomic64_t packets;
	atomic64_t bytes;
};

/**
 * struct skald_ct_node - an entry's place in a hash chain
 * @chain: links; under the bucket's lock, read under RCU
 * @tuple: of this direction; of unconfirmed entries NAT changes the reply's
 */
struct skald_ct_node {
	struct hlist_node chain;
	struct skald_ct_tuple tuple;
};

/**
 * struct skald_ct - an entry: one conversation
 * @nodes: its two tuples
 * @status: bits of enum skald_ct_status
 * @expires_ns: when it is gone; of unconfirmed entries how long it will live
 * @refs: references: the table's, those of packets, of expected entries
 * @lock: for @proto and the slots
 * @zone: its zone
 * @mark: ctmark
 * @timeouts: slot: timeouts of its own, referenced by its owner; or NULL
 * @help: slot: helper and expectations, see ct_helper.h; or NULL
 * @seqadj: slot of sequence adjustment, see ct_seqadj.h; or NULL
 * @count: packets and bytes of each direction
 * @proto: what its protocol remembers
 * @nat: slot of NAT, see ct_nat.h; or NULL
 * @master: the entry whose helper expected this one, referenced; or NULL
 * @id: never used again in this table, from 1 on
 * @begin_ns: when it was confirmed
 * @hash: of the original tuple, remembered for confirming
 * @rcu: for freeing
 *
 * What every packet needs stands together, behind the nodes. Its size is the
 * same whatever helpers there are.
 */
struct skald_ct {
	struct skald_ct_node nodes[SKALD_CT_DIRS];
	unsigned long status;
	u64 expires_ns;
	refcount_t refs;
	spinlock_t lock;
	struct skald_ct_zone zone;
	u32 mark;
	const struct skald_ct_timeouts *timeouts;
	struct skald_ct_help *help;
	struct skald_ct_seqadj *seqadj;
	struct skald_ct_count count[SKALD_CT_DIRS];
	union skald_ct_private proto;
	struct skald_ct_nat *nat;
	struct skald_ct *master;
	u64 id;
	u64 begin_ns;
	u32 hash;
	struct rcu_head rcu;
};

/* The tuple of a direction. */
#define skald_ct_tuple(ct, dir) (&(ct)->nodes[dir].tuple)

static inline struct skald_ct *skald_ct_of_node(struct skald_ct_node *node)
{
	return container_of(node, struct skald_ct, nodes[node->tuple.dir]);
}

static inline bool skald_ct_is(const struct skald_ct *ct,
			       enum skald_ct_status bit)
{
	return test_bit(bit, &ct->status);
}

static inline u8 skald_ct_family(const struct skald_ct *ct)
{
	return ct->nodes[SKALD_CT_ORIGINAL].tuple.family;
}

static inline u8 skald_ct_protonum(const struct skald_ct *ct)
{
	return ct->nodes[SKALD_CT_ORIGINAL].tuple.proto;
}

static inline bool skald_ct_expired(const struct skald_ct *ct, u64 now_ns)
{
	return (s64)(READ_ONCE(ct->expires_ns) - now_ns) <= 0;
}

/**
 * struct skald_ct_settings - what a table may be told, as the sysctls
 * @max: entries, 0: no limit (nf_conntrack_max)
 * @buckets: hash buckets, rounded up to a power of two; fixed for life
 * @expect_max: expectations (nf_conntrack_expect_max)
 * @checksum: packets that come in with a wrong checksum are invalid
 * @tcp_loose: pick up connections in the middle
 * @tcp_be_liberal: only RST out of the window are invalid
 * @tcp_ignore_invalid_rst: RST below the highest ACK are not invalid
 * @tcp_max_retrans: retransmissions after which the timeout shrinks
 * @dccp: track DCCP, as kernels before 6.17 do; else it is a protocol without
 *	states
 * @dccp_loose: as @tcp_loose
 * @timeouts: seconds, of entries without some of their own
 */
struct skald_ct_settings {
	u32 max;
	u32 buckets;
	u32 expect_max;
	bool checksum;
	bool tcp_loose;
	bool tcp_be_liberal;
	bool tcp_ignore_invalid_rst;
	u8 tcp_max_retrans;
	bool dccp;
	bool dccp_loose;
	struct skald_ct_timeouts timeouts;
};

/* The kernel's defaults, with room for 262 144 entries. */
void skald_ct_settings_default(struct skald_ct_settings *settings);

struct skald_ct_packet;

/**
 * struct skald_ct_nat_ops - what NAT adds; all may be NULL
 * @forget: @ct goes: take it out of NAT's own lists, free its slot
 */
struct skald_ct_nat_ops {
	void (*forget)(struct skald_ct_table *table, struct skald_ct *ct);
};

/**
 * struct skald_ct_owner - what a table asks of its owner
 * @user: for the callbacks
 * @random: 32 random bits: hash key, ports, lengths of chains
 * @port: the port or id that a source's, or else a destination's, translation
 *	takes where it searches for one from anywhere on; 0, or NULL: chance
 * @tell: hears notes; NULL: nobody listens, which is fast
 * @broadcast: whether this host sends @view to a broadcast address of its own,
 *	and the network's mask; NULL: it never does. For helpers of broadcasts
 * @verbose: @tell wants the numbers of the TCP window with invalid packets
 */
struct skald_ct_owner {
	void *user;
	u32 (*random)(void *user);
	u16 (*port)(void *user, bool is_source);
	void (*tell)(void *user, const struct skald_ct_note *note);
	bool (*broadcast)(void *user, const struct skald_view *view,
			  __be32 *mask);
	bool verbose;
};

/* Counters, as conntrack -S has them. */
struct skald_ct_stats {
	atomic64_t found; /* NAT found a tuple taken */
	atomic64_t invalid;
	atomic64_t insert;
	atomic64_t insert_failed;
	atomic64_t drop;
	atomic64_t early_drop;
	atomic64_t error; /* ICMP errors of no connection */
	atomic64_t clash_resolve;
	atomic64_t chaintoolong;
	atomic64_t expect_new;
	atomic64_t expect_create;
	atomic64_t expect_delete;
};

/* Locks of buckets; several buckets share one. */
#define SKALD_CT_LOCKS 256
/* Buckets of the hash of expectations, and of GRE's keys. */
#define SKALD_CT_EXPECT_BUCKETS 256
#define SKALD_CT_GRE_BUCKETS 64

/**
 * struct skald_ct_table - entries, expectations and their settings
 * @settings: may be changed at any time but for @settings.buckets
 * @owner: callbacks
 * @nat: NAT, or NULL
 * @nat_data: for @nat
 * @key: of all hashes
 * @n: entries, unconfirmed ones included
 * @next_id: last id that was given
 * @mask: buckets - 1
 * @gc_bucket: where garbage collection goes on
 * @gc_early: garbage collection is to make room
 * @stats: counters
 * @locks: of buckets
 * @expect_lock: for all that has to do with expectations
 * @n_expects: expectations
 * @expects: by destination
 * @gre_keys: by tuple, under @expect_lock, read under RCU
 * @buckets: chains of nodes
 */
struct skald_ct_table {
	struct skald_ct_settings settings;
	struct skald_ct_owner owner;
	const struct skald_ct_nat_ops *nat;
	void *nat_data;
	hsiphash_key_t key;
	atomic_t n;
	atomic64_t next_id;
	u32 mask;
	u32 gc_bucket;
	bool gc_early;
	struct skald_ct_stats stats;
	spinlock_t locks[SKALD_CT_LOCKS];
	spinlock_t expect_lock;
	u32 n_expects;
	struct hlist_head expects[SKALD_CT_EXPECT_BUCKETS];
	struct hlist_head gre_keys[SKALD_CT_GRE_BUCKETS];
	struct hlist_head *buckets;
};

/**
 * skald_ct_table_new() - an empty table
 * @settings: copied
 * @owner: copied; @owner->random must be there
 *
 * Return: the table, NULL: no memory.
 */
struct skald_ct_table *
skald_ct_table_new(const struct skald_ct_settings *settings,
		   const struct skald_ct_owner *owner);

/* Nobody may use the table or an entry any more. NULL is fine. */
void skald_ct_table_free(struct skald_ct_table *table);

/**
 * struct skald_ct_input - what the caller knows besides the packet
 * @hook: enum nf_inet_hooks; checksums count in prerouting alone
 * @untracked: the packet is exempt: it gets SKALD_CT_UNTRACKED and no entry
 * @zone: for new entries and lookups
 * @helper: for new entries, or NULL
 * @timeouts: for new entries, or NULL
 *
 * The kernel's templates. A NULL input is prerouting, zone 0, no helper.
 */
struct skald_ct_input {
	u8 hook;
	bool untracked;
	struct skald_ct_zone zone;
	const struct skald_ct_helper *helper;
	const struct skald_ct_timeouts *timeouts;
};

/**
 * struct skald_ct_packet - a packet on its way through
 * @table: the table
 * @view: the packet, headers known, not a fragment
 * @now_ns: the time
 * @hook: enum nf_inet_hooks
 * @zone: zone
 * @state: what it is; SKALD_CT_INVALID until known
 * @dir: its direction in @ct
 * @ct: its entry, referenced; NULL: invalid or untracked
 * @reason: why it is invalid or ignored
 */
struct skald_ct_packet {
	struct skald_ct_table *table;
	struct skald_view *view;
	u64 now_ns;
	u8 hook;
	struct skald_ct_zone zone;
	enum skald_ct_state state;
	enum skald_ct_dir dir;
	struct skald_ct *ct;
	enum skald_ct_reason reason;
};

/**
 * skald_ct_in() - find the entry of a packet, or begin one
 * @table: the table
 * @view: the packet, headers known, reassembled
 * @input: what else is known; may be NULL
 * @now_ns: the time
 * @packet: filled in; to be put with skald_ct_done()
 *
 * As nf_conntrack_in().
 *
 * Return: NF_ACCEPT, also for invalid packets; NF_DROP when there is no room
 * for a new entry.
 */
int skald_ct_in(struct skald_ct_table *table, struct skald_view *view,
		const struct skald_ct_input *input, u64 now_ns,
		struct skald_ct_packet *packet);

/**
 * skald_ct_out() - the packet leaves: helper, sequence numbers, confirm
 * @packet: as skald_ct_in() left it
 *
 * As nf_confirm().
 *
 * Return: NF_ACCEPT or NF_DROP.
 */
int skald_ct_out(struct skald_ct_packet *packet);

/**
 * skald_ct_confirm() - put a new entry into the table
 * @packet: as skald_ct_in() left it; a clash may give it another entry
 *
 * As __nf_conntrack_confirm(). Packets of confirmed entries are fine as well.
 *
 * Return: NF_ACCEPT; NF_DROP when another entry has one of the tuples and the
 * clash cannot be resolved, or the hash chain is too long.
 */
int skald_ct_confirm(struct skald_ct_packet *packet);

/* Give back what skald_ct_in() took. */
void skald_ct_done(struct skald_ct_packet *packet);

/* Take or give back a reference. NULL is fine. */
struct skald_ct *skald_ct_get(struct skald_ct *ct);
void skald_ct_put(struct skald_ct_table *table, struct skald_ct *ct);

/**
 * skald_ct_find() - the entry of a tuple
 * @table: the table
 * @zone: zone, NULL: 0
 * @tuple: tuple of either direction
 * @now_ns: the time
 * @dir: filled in with the direction that has @tuple; may be NULL
 *
 * Return: the entry, referenced; NULL: there is none.
 */
struct skald_ct *skald_ct_find(struct skald_ct_table *table,
			       const struct skald_ct_zone *zone,
			       const struct skald_ct_tuple *tuple, u64 now_ns,
			       enum skald_ct_dir *dir);

/**
 * skald_ct_taken() - whether a reply tuple belongs to another entry already
 * @packet: of the entry that wants it, not confirmed yet
 * @tuple: reply tuple it wants
 *
 * As nf_conntrack_tuple_taken().
 */
bool skald_ct_taken(const struct skald_ct_packet *packet,
		    const struct skald_ct_tuple *tuple);

/**
 * skald_ct_set_reply() - change the reply tuple of a new entry
 * @ct: not confirmed yet
 * @tuple: the tuple of its answers from now on
 *
 * As nf_conntrack_alter_reply(): NAT's doing.
 */
void skald_ct_set_reply(struct skald_ct *ct,
			const struct skald_ct_tuple *tuple);

/**
 * skald_ct_kill() - take an entry out of the table
 * @table: the table
 * @ct: the entry; the caller's reference stays its own
 * @now_ns: the time, for the note
 * @end: why
 *
 * Return: false when somebody else did so.
 */
bool skald_ct_kill(struct skald_ct_table *table, struct skald_ct *ct,
		   u64 now_ns, enum skald_ct_end end);

/* Count a packet to its entry. */
void skald_ct_account(const struct skald_ct_packet *packet);

/**
 * skald_ct_refresh() - an entry lives on, and the packet is counted
 * @packet: packet of the entry
 * @timeout: seconds from now on; of no effect with a fixed timeout
 *
 * As nf_ct_refresh_acct().
 */
void skald_ct_refresh(const struct skald_ct_packet *packet, u32 timeout);

/* The timeouts that hold for an entry: its own, or the table's. */
static inline const struct skald_ct_timeouts *
skald_ct_timeouts_of(const struct skald_ct_table *table,
		     const struct skald_ct *ct)
{
	return ct->timeouts ? ct->timeouts : &table->settings.timeouts;
}

/**
 * skald_ct_gc() - a bounded step of garbage collection
 * @table: the table
 * @now_ns: the time
 * @n_buckets: buckets to look at, at most
 *
 * Goes on where it ended. Frees expired entries and expectations; after the
 * table was found full also what nobody would miss, as gc_worker().
 *
 * Return: entries that left.
 */
u32 skald_ct_gc(struct skald_ct_table *table, u64 now_ns, u32 n_buckets);

/**
 * skald_ct_each() - visit all entries of the table
 * @table: the table
 * @now_ns: expired ones are left out
 * @visit: called for each entry, under RCU; false ends the walk; it may kill
 *	the entry
 * @user: for @visit
 *
 * Entries that come meanwhile may be missed; behind one that was killed those
 * of its chain may be visited again.
 */
void skald_ct_each(struct skald_ct_table *table, u64 now_ns,
		   bool (*visit)(void *user, struct skald_ct *ct), void *user);

/* 32 random bits from the owner. */
static inline u32 skald_ct_random(const struct skald_ct_table *table)
{
	return table->owner.random(table->owner.user);
}

/* Whether somebody listens. */
static inline bool skald_ct_told(const struct skald_ct_table *table)
{
	return unlikely(table->owner.tell != NULL);
}

/**
 * skald_ct_tell() - tell the owner, if it listens
 * @packet: where; @note gets its table's, packet's and entry's fields that are
 *	not set from it
 * @note: what
 */
void skald_ct_tell(const struct skald_ct_packet *packet,
		   struct skald_ct_note *note);

/* A packet is invalid: keeps the reason and tells. */
void skald_ct_refuse(struct skald_ct_packet *packet,
		     enum skald_ct_reason reason);
/* A packet passes and changes nothing: the same. */
void skald_ct_ignore(struct skald_ct_packet *packet,
		     enum skald_ct_reason reason);

#endif /* SKALD_ENGINE_CT_H */

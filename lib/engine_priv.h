/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: inside the engine
 *
 * engine.c makes it and takes packets in, engine_path.c leads them from hook to
 * hook, engine_bridge.c, engine_brnf.c and engine_bridge_out.c through a
 * bridge, engine_deliver.c to sockets, engine_hook.c runs what stands at one,
 * engine_world.c answers what rules ask, engine_effect.c does what they want
 * done, engine_defrag.c gathers fragments, engine_loop.c is for what is heard
 * here, too, engine_answer.c for what rules send back, engine_ct.c has to do
 * with connection tracking, engine_label.c with its labels, engine_tell.c
 * writes the story.
 */
#ifndef SKALD_LIB_ENGINE_PRIV_H
#define SKALD_LIB_ENGINE_PRIV_H

#include <sys/socket.h>

#include "bridge.h"
#include "ct.h"
#include "ct_nat.h"
#include "defrag.h"
#include "engine.h"
#include "index.h"
#include "load.h"
#include "route_parts.h"
#include "routing.h"
#include "table.h"
#include "view_room.h"
#include "vm.h"
#include "vm_world.h"

/* Room behind a frame for what NAT and helpers make longer. */
#define SKALD_ENGINE_ROOM 256

/**
 * struct skald_waiting - a packet that comes by next
 * @next: in the engine's list
 * @input: how it comes; its bytes are behind this
 * @ct: what conntrack said of it before; with a reference
 * @has_ct: @ct is valid
 * @is_untracked: "notrack"
 * @is_answer: another packet, which answers one that was rejected
 * @leaves_by: of an answer: index of the port by which it leaves, whatever the
 *	routes say; 0: they decide
 * @skips_hooks: of such a one: it meets no rules
 * @back: of an answer: index of the interface by which the question came
 * @bridge_to: port by which a clone of a flooded frame leaves, 0: it is none
 * @is_filtered: br_netfilter saw the frame come in
 * @has_route: @left_by is valid
 * @left_by: the route that it left by, which it keeps
 * @story: id of the story it came of
 * @bytes: the packet
 */
struct skald_waiting {
	struct skald_waiting *next;
	struct skald_engine_input input;
	struct skald_ct_packet ct;
	bool has_ct;
	bool is_untracked;
	bool is_answer;
	uint32_t leaves_by;
	bool skips_hooks;
	uint32_t back;
	uint32_t bridge_to;
	bool is_filtered;
	bool has_route;
	struct skald_fib_result left_by;
	uint64_t story;
	uint8_t bytes[];
};

/**
 * struct skald_brnf - what br_netfilter is told to do
 * @is_there: the kernel has it
 * @calls_ip: IPv4 frames meet the hooks of ip
 * @calls_ip6: IPv6 frames those of ip6
 * @calls_arp: ARP frames those of arp
 * @filters_vlans: tagged frames, too
 */
struct skald_brnf {
	bool is_there;
	bool calls_ip;
	bool calls_ip6;
	bool calls_arp;
	bool filters_vlans;
};

/**
 * struct skald_bridging - a frame in a bridge: struct nf_bridge_info
 * @port: the port that it came in by; NULL: it is in none
 * @bridge: its bridge
 * @in: index of @port where br_netfilter looks after the frame; 0: it does not
 * @out: index of the port it leaves by, likewise
 * @is_filtered: br_netfilter looks after it
 * @is_turned: it has another destination in the same bridge
 * @is_framed: its link-layer header was made up
 */
struct skald_bridging {
	const struct skald_bridge_port *port;
	const struct skald_bridge *bridge;
	uint32_t in;
	uint32_t out;
	bool is_filtered;
	bool is_turned;
	bool is_framed;
};

/**
 * struct skald_engine - everything a packet meets
 * @world: the world
 * @links: interfaces
 * @fib: tables
 * @routes: world, links and fib, for decisions
 * @bridges: bridges and their ports
 * @brnf: br_netfilter's settings
 * @settings: sysctls of interfaces that were asked for
 * @names: strings of @tables
 * @tables: names of routing tables; NULL: not asked for yet
 * @vm: the ruleset
 * @ct: connection tracking
 * @nat: translation
 * @defrag: datagrams in pieces
 * @tracks: whether anybody tracks: IPv4, IPv6
 * @checks: conntrack looks at checksums
 * @has_routes: the world has routes; else it is rules alone
 * @has_forward: there are base chains at forward
 * @has_input: there are base chains at input
 * @has_bridge_out: there are base chains of bridges where frames leave
 * @made_up: names of interfaces that the world does not have, as a string
 * @rules: texts: struct skald_rule by family, table and handle
 * @chains: struct skald_chain by family, table and name
 * @labels: those that rules gave connections (engine_label.c)
 * @random: state of the engine's chance; seeded, so that a run can be repeated
 * @nat_ports: of the packet that is on its way, see skald_engine_input
 * @next_id: of the next story
 * @waiting: packets that come by next
 * @is_answer: the newest story is of a packet that answers
 */
struct skald_engine {
	const struct skald_world *world;
	struct skald_links links;
	struct skald_fib *fib;
	struct skald_routes routes;
	struct skald_bridges bridges;
	struct skald_brnf brnf;
	struct skald_setting settings[SKALD_SETTINGS];
	struct skald_arena names;
	const struct skald_table_name *tables;
	struct skald_vm *vm;
	struct skald_ct_table *ct;
	struct skald_nat *nat;
	struct skald_defrag *defrag;
	bool tracks[2];
	bool checks;
	bool has_routes;
	bool has_forward;
	bool has_input;
	bool has_bridge_out;
	struct skald_buffer made_up;
	struct skald_index rules;
	struct skald_index chains;
	struct skald_index labels;
	uint64_t random;
	uint16_t nat_ports[2];
	uint64_t next_id;
	struct skald_waiting *waiting;
	bool is_answer;
};

/**
 * struct skald_passage - a packet on its way
 * @engine: the engine
 * @input: how it came
 * @room: the frame, writable
 * @buffer: its bytes, heap
 * @pkt: at the hook it is at
 * @ct: what conntrack said; valid when @has_ct
 * @ct_view: the same for rules
 * @has_ct: it was tracked, or found invalid or untracked
 * @is_untracked: "notrack"
 * @ct_told: state that the newest conntrack event tells
 * @zone: zone set by a rule
 * @zone_dirs: directions that it is for; 0: no rule has set one
 * @hook: NF_INET_* or NF_BR_*
 * @pf: NFPROTO_* of the hook
 * @is_made_here: it comes from a process
 * @came_of: it comes round again; NULL: it does not
 * @bridging: its way through a bridge
 * @routing: the newest decision
 * @is_routed: there is one
 * @nat_rule: rule that ran last, for nat events; NULL: none
 * @nat_kind: enum skald_words_NAT of the destination's and the source's binding
 * @is_reenacted: a recorded story: changes are in it, misses are noted
 * @in_nat: what changes now, NAT changes
 * @before: as it was when it was last compared
 * @story: what it becomes
 * @events: growing, heap
 * @size_events: allocated
 * @gaps: growing, heap
 * @author: rule that ran last, for mangle events
 * @ended: the ending is known
 * @failed: no memory
 */
struct skald_passage {
	struct skald_engine *engine;
	const struct skald_engine_input *input;
	struct skald_view_room room;
	uint8_t *buffer;
	struct skald_vm_pkt pkt;
	struct skald_ct_packet ct;
	struct skald_vm_ct ct_view;
	bool has_ct;
	bool is_untracked;
	int ct_told;
	uint16_t zone;
	uint8_t zone_dirs;
	uint8_t hook;
	uint8_t pf;
	bool is_made_here;
	const struct skald_waiting *came_of;
	struct skald_bridging bridging;
	struct skald_routing routing;
	bool is_routed;
	const struct skald_vm_rule *nat_rule;
	unsigned int nat_kind[2];
	bool is_reenacted;
	bool in_nat;
	struct skald_snap before;
	struct skald_story story;
	struct skald_event *events;
	size_t size_events;
	struct skald_gap *gaps;
	char author[192];
	bool ended;
	bool failed;
};

/* The bytes of the packet, its headers found. */
static inline struct skald_view *skald_passage_view(struct skald_passage *p)
{
	return &p->room.view;
}

/* Whether an address is an IPv6 one of one link alone. */
static inline bool skald_is_link_local6(unsigned int family,
					const uint8_t *address)
{
	return family == AF_INET6 && address[0] == 0xfe &&
	       (address[1] & 0xc0) == 0x80;
}

/* engine_tell.c */

/* What the rule machine tells; the tracer is the passage. */
extern const struct skald_vm_trace skald_engine_trace;
extern const struct skald_vm_trace skald_engine_trace_misses;

/* The story begins: whose it is, the packet as it is now, the mark. */
void skald_passage_begin(struct skald_passage *passage);
/* Append an event. Return: it, or NULL: no memory */
struct skald_event *skald_passage_add(struct skald_passage *passage,
				      enum skald_event_kind kind);
/* What differs from when it was last looked at; @by: who did it, or NULL. */
void skald_passage_compare(struct skald_passage *passage, const char *by);
/* It is another packet now: what differs is no change. */
void skald_passage_becomes(struct skald_passage *passage);
/* Conntrack's opinion, when it is another than the one told. */
void skald_passage_tell_ct(struct skald_passage *passage);
void skald_passage_tell_route(struct skald_passage *passage);
/* Something is not known; printf format. */
void skald_passage_assume(struct skald_passage *passage, const char *format,
			  ...) __attribute__((format(printf, 2, 3)));
void skald_passage_end(struct skald_passage *passage, unsigned int kind,
		       const char *reason);
/* Hand the story over; the passage is done with it. */
int skald_passage_finish(struct skald_passage *passage,
			 struct skald_story *story);
/* Name of an interface, in the story's memory; NULL: none */
const char *skald_passage_ifname(struct skald_passage *passage, uint32_t index);

/* engine_reenact.c */

/* A miss event was added for a rule; of passages that are reenacted. */
void skald_passage_note_miss(struct skald_passage *passage,
			     const struct skald_vm_rule *rule,
			     const struct skald_miss *miss);

/* engine_world.c */
extern const struct skald_vm_world skald_engine_world;

/* engine_effect.c */
int skald_engine_effect(void *owner, struct skald_vm_pkt *pkt,
			const struct skald_effect *effect);

/* engine_defrag.c */
/* A fragment waits, or the last becomes the datagram. Return: NF_ACCEPT,
 * NF_STOLEN or NF_DROP */
int skald_passage_gather(struct skald_passage *passage);
/* The same for what is delivered. Return: whether it goes on; else its story
 * has ended */
bool skald_passage_join(struct skald_passage *passage);

/* engine_ct.c */
int skald_engine_ct_new(struct skald_engine *engine, struct skald_error *error);
void skald_engine_ct_free(struct skald_engine *engine);
/* The packet meets conntrack. Return: NF_ACCEPT or NF_DROP */
int skald_passage_track(struct skald_passage *passage);
/* nat chains and bindings of the hook. Return: verdict */
int skald_passage_nat(struct skald_passage *passage);
/* The packet leaves: helper, confirm. Return: NF_ACCEPT or NF_DROP */
int skald_passage_confirm(struct skald_passage *passage);
/* Fill in @passage->ct_view. */
void skald_passage_view_ct(struct skald_passage *passage);

/* engine_label.c */
/* Bits that rules set beside those that are there. Return: 0, -ENOMEM */
int skald_engine_label(struct skald_engine *engine, const struct skald_ct *ct,
		       const uint8_t *bits);
/* @bits: 16 bytes, written; 0: no rule has given it any */
void skald_engine_labels_of(const struct skald_engine *engine,
			    const struct skald_ct *ct, uint8_t *bits);
void skald_engine_labels_free(struct skald_engine *engine);

/* engine_restore.c */
/* The world's connections into the table. */
int skald_engine_restore(struct skald_engine *engine,
			 struct skald_error *error);

/* engine_hook.c */

/**
 * skald_passage_hook() - everything that stands at a hook
 * @passage: the packet
 * @pf: NFPROTO_* of the hook
 * @hook: NF_INET_*
 *
 * Return: whether the packet goes on; else its story has ended.
 */
bool skald_passage_hook(struct skald_passage *passage, uint8_t pf,
			uint8_t hook);

/* The packet is at a hook: the rule machine looks at it anew. */
void skald_passage_at(struct skald_passage *passage, uint8_t pf, uint8_t hook);

/* engine.c */

/**
 * skald_passage_wait() - the packet comes in again
 * @passage: as it is now; what conntrack said goes with it
 * @iif: index of the interface it comes in by
 */
void skald_passage_wait(struct skald_passage *passage, uint32_t iif);

/* Put it behind the others. Takes ownership of @waiting */
void skald_engine_wait(struct skald_engine *engine,
		       struct skald_waiting *waiting);

/* engine_answer.c */
/* What a rule that rejects sends back waits to be told. */
void skald_passage_reject(struct skald_passage *passage,
			  const struct skald_effect *effect);
/* The same for an ICMP error of forwarding. @mtu: 0: it says none */
void skald_passage_complain(struct skald_passage *passage, uint8_t type,
			    uint8_t code, uint32_t mtu);

/* The same for the TCP reset of a port where nobody listens. */
void skald_passage_reset(struct skald_passage *passage);

/* engine_deliver.c */
/* The end of what is for this machine. */
void skald_passage_to_socket(struct skald_passage *passage,
			     const struct skald_flow *flow);

/* engine_loop.c */
/* A packet for all on the wire is heard here, too. */
void skald_passage_loop(struct skald_passage *passage);

/* engine_bridge.c */
/* Whether it came in by a port is found out. */
void skald_passage_bridge_begin(struct skald_passage *passage);
/* A frame from its port on, or a clone of one. */
void skald_passage_bridge(struct skald_passage *passage);

/* engine_bridge_out.c */
/* The story ends at a device. */
void skald_passage_send(struct skald_passage *passage);
/* A frame leaves by its port, behind forward or output. */
void skald_passage_bridge_leave(struct skald_passage *passage);
/* What was routed to a bridge leaves by its port, where that matters. Return:
 * whether its story has ended */
bool skald_passage_bridge_routed(struct skald_passage *passage);
/* An answer by the way that the question came. */
void skald_passage_answer_by_port(struct skald_passage *passage);

/* engine_frame.c */
/* Room for a link-layer header that is made up. Return: bytes, 0: none is */
uint32_t skald_passage_frame_room(const struct skald_passage *passage);
/* Fill it in: the bytes behind it are an IP packet's. */
void skald_passage_frame(struct skald_passage *passage, uint8_t *bytes);
/* What was assumed of it is said. */
void skald_passage_tell_frame(struct skald_passage *passage);

/* engine_brnf.c */
void skald_brnf_read(const struct skald_world *world, struct skald_brnf *brnf);
/* At a hook of the bridge: those of ip, ip6 or arp within it. Return: verdict
 */
int skald_passage_brnf(struct skald_passage *passage, uint8_t hook);
/* Behind prerouting: a new destination in the bridge has another link-layer
 * address. Return: whether the frame goes on; else its story has ended */
bool skald_passage_brnf_turn(struct skald_passage *passage);

/* engine_ip6.c: false: no hook sees it, its story has ended */
bool skald_passage_takes_ip6(struct skald_passage *passage);

/* engine_path.c */
void skald_passage_walk(struct skald_passage *passage);
/* By an interface, behind ingress. */
void skald_passage_receive(struct skald_passage *passage);
/* The routing decision, which is told. */
void skald_passage_decide(struct skald_passage *passage);
/* The story ends here. @reason: the kernel's, @by: for people; static */
void skald_passage_drop(struct skald_passage *passage, const char *reason,
			const char *by);
/* The packet was changed at output: decide once more. */
void skald_passage_route_again(struct skald_passage *passage);

#endif /* SKALD_LIB_ENGINE_PRIV_H */

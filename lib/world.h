/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: worlds
 *
 * A *world* is what a verdict depends on besides the packet, at one moment in
 * one network namespace: the ruleset as text and as bytecode, links, addresses,
 * ip rules, routes, neighbours, sysctls, conntrack entries and the clock. It is
 * taken from a live namespace, or made from a file of rules that the real
 * nft(8) or iptables-nft-restore(8) loads into a private namespace; it is kept
 * in one SQLite file (docs/world.md).
 *
 * What the kernel says over netlink is kept as it was received, one *section*
 * for each dump: live and offline feed one decoder.
 */
#ifndef SKALD_LIB_WORLD_H
#define SKALD_LIB_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "event.h"
#include "netns.h"
#include "ruleset.h"

/* "SKWD" */
#define SKALD_WORLD_APPLICATION 0x534b5744
#define SKALD_WORLD_VERSION 1

/*
 * The sections: S(NAME, word, what it holds). Messages lie one after the other,
 * each padded to four bytes.
 */
/* clang-format off */
#define SKALD_WORLD_SECTIONS(S) \
	S(LINKS, links, "RTM_NEWLINK messages") \
	S(ADDRESSES, addresses, "RTM_NEWADDR messages") \
	S(IP_RULES, ip_rules, "RTM_NEWRULE messages") \
	S(ROUTES, routes, "RTM_NEWROUTE messages, all tables") \
	S(NEIGHBOURS, neighbours, "RTM_NEWNEIGH messages") \
	S(BRIDGE_PORTS, bridge_ports, "RTM_NEWNEIGH messages of bridges") \
	S(CONNTRACK, conntrack, "IPCTNL_MSG_CT_NEW messages") \
	S(EXPECTATIONS, expectations, "IPCTNL_MSG_EXP_NEW messages") \
	S(TCP_SOCKETS, tcp_sockets, "SOCK_DIAG_BY_FAMILY messages of TCP") \
	S(UDP_SOCKETS, udp_sockets, "SOCK_DIAG_BY_FAMILY messages of UDP")
/* clang-format on */

#define SKALD_WORLD_SECTION_ENUM(name, word, what) SKALD_WORLD_##name,
enum skald_world_section {
	SKALD_WORLD_SECTIONS(SKALD_WORLD_SECTION_ENUM) SKALD_WORLD_N_SECTIONS
};

/* Word of a section, as in the file. */
const char *skald_world_section_word(enum skald_world_section section);

/* Minutes west of Greenwich, as settimeofday(2) told the kernel. */
#define SKALD_WORLD_TIME_ZONE "time/minuteswest"

/**
 * struct skald_world_sysctl - a sysctl that verdicts depend on
 * @name: below /proc/sys, "net/ipv4/ip_forward"; or SKALD_WORLD_TIME_ZONE
 * @value: as /proc shows it, without the newline
 */
struct skald_world_sysctl {
	const char *name;
	const char *value;
};

/**
 * struct skald_world - a snapshot
 * @taken_ns: CLOCK_REALTIME
 * @host: name of the machine
 * @kernel: its release
 * @netns: name of the namespace
 * @rules_file: the file of rules it was made from, or NULL
 * @made_up: names of interfaces that were made up for the rules, with commas
 *	between, or ""
 * @legacy_rules: what iptables-legacy-save and ip6tables-legacy-save printed
 *	where such tables are there, or ""
 * @is_fresh: the rules were loaded at that moment: what kernels count and do
 *	not dump (lists of "recent", buckets of "hashlimit") is empty
 * @has_sockets: the sections of sockets were taken: who is not in them is not
 *	there
 * @ruleset: of nf_tables
 * @sections: the dumps
 * @sysctls: sysctls that are there
 * @n_sysctls: how many
 * @arena: owns the strings; @ruleset and @sections own themselves
 */
struct skald_world {
	uint64_t taken_ns;
	const char *host;
	const char *kernel;
	const char *netns;
	const char *rules_file;
	const char *made_up;
	const char *legacy_rules;
	bool is_fresh;
	bool has_sockets;
	struct skald_ruleset ruleset;
	struct skald_buffer sections[SKALD_WORLD_N_SECTIONS];
	struct skald_world_sysctl *sysctls;
	size_t n_sysctls;
	struct skald_arena arena;
};

/**
 * skald_world_take() - snapshot a live namespace
 * @netns: the namespace
 * @world: written on success; give to skald_world_done()
 * @error: in words
 *
 * The ruleset is of one generation; the rest is dumped after it, each dump
 * whole in itself. Sections that this kernel does not have stay empty.
 *
 * Return: 0 or -errno.
 */
int skald_world_take(const struct skald_netns *netns, struct skald_world *world,
		     struct skald_error *error);

/**
 * skald_world_take_around() - what is around the ruleset, and changes rarely
 * @netns: the namespace
 * @world: written on success: links, addresses, ip rules, routes and sysctls;
 *	give to skald_world_done()
 * @error: in words
 */
int skald_world_take_around(const struct skald_netns *netns,
			    struct skald_world *world,
			    struct skald_error *error);

/* The sections that skald_world_take_around() fills in. */
static inline bool skald_world_is_around(enum skald_world_section section)
{
	return section <= SKALD_WORLD_ROUTES;
}

/* Sysctls as text, "name value" a line; and back, added to the world's. */
int skald_world_put_sysctls(const struct skald_world *world,
			    struct skald_buffer *text);
int skald_world_get_sysctls(struct skald_world *world, const char *text,
			    size_t len);

/**
 * skald_world_load() - read a world's file
 * @path: the file
 * @world: written on success; give to skald_world_done()
 * @error: in words
 *
 * A file that is damaged, cut off or of another kind is refused. Needs no
 * privilege.
 *
 * Return: 0 or -errno.
 */
int skald_world_load(const char *path, struct skald_world *world,
		     struct skald_error *error);

/**
 * skald_world_save() - write a world's file
 * @world: the world
 * @path: the file; what is there is replaced when all is written, and stays
 *	when something fails
 * @error: in words
 */
int skald_world_save(const struct skald_world *world, const char *path,
		     struct skald_error *error);

void skald_world_done(struct skald_world *world);

/* Everything but the ruleset becomes that of another world. Return: 0, -ENOMEM
 */
int skald_world_surround(struct skald_world *world,
			 const struct skald_world *around);

/* Return: value of a sysctl as a number, @absent when it is not there */
int64_t skald_world_sysctl(const struct skald_world *world, const char *name,
			   int64_t absent);

/**
 * struct skald_world_wish - a world to be made from a file of rules
 * @rules: the file: what nft(8) reads, as text or JSON, or what
 *iptables-save(8) or ip6tables-save(8) wrote
 * @links_of: a world whose interfaces are made before the rules are loaded,
 *with their indexes; NULL: interfaces that the rules ask for are made up
 */
struct skald_world_wish {
	const char *rules;
	const struct skald_world *links_of;
};

/**
 * skald_world_make() - have the real tools load rules, and take that world
 * @wish: the rules
 * @world: written on success
 * @error: in words, with the place in the file that the real tool named
 *
 * Works in a network namespace of its own, which is gone afterwards. Without
 * the privilege for one it makes a user namespace as well, where the kernel
 * allows it; the process, which then must have one thread only, stays in both.
 *
 * Return: 0; -EPERM: neither is allowed; -ENOENT: no file, or no tool;
 * -EINVAL: the tool refuses the rules; another -errno.
 */
int skald_world_make(const struct skald_world_wish *wish,
		     struct skald_world *world, struct skald_error *error);

/**
 * struct skald_world_source - where a world comes from
 * @world: a world's file; "live": a live namespace; NULL: the same, but nothing
 *	of it where @rules are given
 * @rules: a file of rules that take the place of the world's, or NULL
 * @netns: which live namespace; NULL: our own. With @rules all but the rules is
 *	of it; a world's file has none
 */
struct skald_world_source {
	const char *world;
	const char *rules;
	const char *netns;
};

/**
 * skald_world_open() - the world that a command was asked for
 * @source: where it comes from
 * @world: written on success; give to skald_world_done()
 * @error: in words
 */
int skald_world_open(const struct skald_world_source *source,
		     struct skald_world *world, struct skald_error *error);

#endif /* SKALD_LIB_WORLD_H */

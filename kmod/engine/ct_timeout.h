/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: timeouts
 *
 * One list of all timeouts, named as the kernel's sysctls
 * (nf_conntrack_<name>, nf_conntrack_<protocol>_timeout_<state>).
 */
#ifndef SKALD_ENGINE_CT_TIMEOUT_H
#define SKALD_ENGINE_CT_TIMEOUT_H

#include "env.h"

/*
 * T(NAME, "name", seconds). Within a protocol the order is that of its states,
 * from its first state on.
 */
/* clang-format off */
#define SKALD_CT_TIMEOUTS(T) \
	T(GENERIC, "generic", 600) \
	T(ICMP, "icmp", 30) \
	T(ICMPV6, "icmpv6", 30) \
	T(UDP, "udp", 30) \
	T(UDP_STREAM, "udp_stream", 120) \
	T(GRE, "gre", 30) \
	T(GRE_STREAM, "gre_stream", 180) \
	T(TCP_SYN_SENT, "tcp_syn_sent", 120) \
	T(TCP_SYN_RECV, "tcp_syn_recv", 60) \
	T(TCP_ESTABLISHED, "tcp_established", 432000) \
	T(TCP_FIN_WAIT, "tcp_fin_wait", 120) \
	T(TCP_CLOSE_WAIT, "tcp_close_wait", 60) \
	T(TCP_LAST_ACK, "tcp_last_ack", 30) \
	T(TCP_TIME_WAIT, "tcp_time_wait", 120) \
	T(TCP_CLOSE, "tcp_close", 10) \
	T(TCP_SYN_SENT2, "tcp_syn_sent2", 120) \
	T(TCP_RETRANS, "tcp_max_retrans", 300) \
	T(TCP_UNACK, "tcp_unacknowledged", 300) \
	T(SCTP_CLOSED, "sctp_closed", 10) \
	T(SCTP_COOKIE_WAIT, "sctp_cookie_wait", 3) \
	T(SCTP_COOKIE_ECHOED, "sctp_cookie_echoed", 3) \
	T(SCTP_ESTABLISHED, "sctp_established", 210) \
	T(SCTP_SHUTDOWN_SENT, "sctp_shutdown_sent", 3) \
	T(SCTP_SHUTDOWN_RECD, "sctp_shutdown_recd", 3) \
	T(SCTP_SHUTDOWN_ACK_SENT, "sctp_shutdown_ack_sent", 3) \
	T(SCTP_HEARTBEAT_SENT, "sctp_heartbeat_sent", 30) \
	T(DCCP_REQUEST, "dccp_request", 240) \
	T(DCCP_RESPOND, "dccp_respond", 480) \
	T(DCCP_PARTOPEN, "dccp_partopen", 480) \
	T(DCCP_OPEN, "dccp_open", 43200) \
	T(DCCP_CLOSEREQ, "dccp_closereq", 64) \
	T(DCCP_CLOSING, "dccp_closing", 64) \
	T(DCCP_TIMEWAIT, "dccp_timewait", 240)
/* clang-format on */

enum skald_ct_timeout {
#define SKALD_CT_TIMEOUT_ENUM(name, word, seconds) SKALD_CT_TIMEOUT_##name,
	SKALD_CT_TIMEOUTS(SKALD_CT_TIMEOUT_ENUM) SKALD_CT_TIMEOUT_N
};

/**
 * struct skald_ct_timeouts - how long an entry lives after a packet
 * @seconds: for each enum skald_ct_timeout
 */
struct skald_ct_timeouts {
	u32 seconds[SKALD_CT_TIMEOUT_N];
};

/* The kernel's defaults. */
void skald_ct_timeouts_default(struct skald_ct_timeouts *timeouts);
/* The name of a timeout; static. */
const char *skald_ct_timeout_word(enum skald_ct_timeout timeout);

#define SKALD_NS_PER_S 1000000000ull

#endif /* SKALD_ENGINE_CT_TIMEOUT_H */

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cgroup.h>
#include <linux/if_packet.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/socket.h>
#include <net/inet_sock.h>
#include <net/sock.h>
#include <skald/uapi.h>

#include "place.h"
#include "ring.h"
#include "socket.h"

void skald_process_tell(u32 *pid, char *command)
{
	BUILD_BUG_ON(TASK_COMM_LEN != SKALD_COMMAND_LEN);
	if (!in_task() || current->flags & PF_KTHREAD)
		return;
	*pid = task_tgid_nr(current);
	memcpy(command, current->comm, SKALD_COMMAND_LEN);
}

static u64 cgroup_of(const struct sock *sk)
{
#ifdef CONFIG_SOCK_CGROUP_DATA
	return cgroup_id(sock_cgroup_ptr((void *)&sk->sk_cgrp_data));
#else
	return 0;
#endif
}

/*
 * What only a full socket has. It may lose its struct socket at any time, but
 * that is freed after a grace period (sock_free_inode()).
 */
static void full_tell(struct skald_r_socket *to, const struct sock *sk)
{
	const struct socket *socket = READ_ONCE(sk->sk_socket);

	to->inode = socket ? SOCK_INODE((struct socket *)socket)->i_ino : 0;
	to->uid = from_kuid(&init_user_ns, sk->sk_uid);
	to->cgroup = cgroup_of(sk);
	to->type = sk->sk_type;
	to->protocol = sk->sk_protocol;
	if (sk->sk_family == AF_INET || sk->sk_family == AF_INET6) {
		to->lport = inet_sk(sk)->inet_sport;
		to->dport = sk->sk_dport;
	}
}

/* Requests and sockets in TIME_WAIT have little of their own. */
static void small_tell(struct skald_r_socket *to, const struct sock *sk)
{
	to->type = SOCK_STREAM;
	to->protocol = IPPROTO_TCP;
	to->lport = htons(sk->sk_num);
	to->dport = sk->sk_dport;
}

void skald_socket_tell(u16 type, u64 id, const struct sock *sk,
		       unsigned long place, bool backlog)
{
	struct skald_space space;
	struct skald_r_socket *to;

	to = skald_ring_begin(&space, id, type, sizeof(*to));
	if (!to)
		return;
	to->place = skald_place(place);
	to->backlog = backlog;
	if (type == SKALD_R_SENDER)
		skald_process_tell(&to->pid, to->command);
	if (sk) {
		to->cookie = atomic64_read(&sk->sk_cookie);
		to->family = sk->sk_family;
		to->state = sk->sk_state;
		if (sk_fullsock(sk))
			full_tell(to, sk);
		else
			small_tell(to, sk);
	}
	skald_ring_end(&space);
}

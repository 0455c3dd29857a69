/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: sockets, and the processes at work on them
 */
#ifndef SKALD_SOCKET_H
#define SKALD_SOCKET_H

#include <linux/types.h>

struct sock;

#define SKALD_COMMAND_LEN 16

/**
 * skald_socket_tell() - tell a packet's socket
 * @type: SKALD_R_SENDER, SKALD_R_DELIVER or SKALD_R_TAP
 * @id: packet
 * @sk: the socket, may be a request or time-wait one
 * @place: address of the function that has it
 * @backlog: it waits until the socket's owner is done
 */
void skald_socket_tell(u16 type, u64 id, const struct sock *sk,
		       unsigned long place, bool backlog);

/**
 * skald_process_tell() - the process that runs, where one is at work
 * @pid: out, in the initial namespace; 0 in an interrupt
 * @command: out: its name, SKALD_COMMAND_LEN, padded with zeros
 */
void skald_process_tell(u32 *pid, char *command);

#endif /* SKALD_SOCKET_H */

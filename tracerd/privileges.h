/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: privileges
 *
 * The daemon keeps what it needs and gives the rest up for good, children
 * included: CAP_NET_ADMIN (nf_tables, large socket buffers), CAP_SYS_ADMIN
 * (setns), CAP_SYS_PTRACE (/proc/PID/ns of others' processes) and CAP_BPF
 * (classifiers that do not fit into one cBPF match). A private daemon writes
 * where its user says, and keeps CAP_DAC_OVERRIDE for that.
 */
#ifndef SKALD_TRACERD_PRIVILEGES_H
#define SKALD_TRACERD_PRIVILEGES_H

#include <stdbool.h>

#include "error.h"

/* Before threads are made. Return: 0, or -EPERM when one needed is not there */
int skald_privileges_drop(bool any_file, struct skald_error *error);

#endif /* SKALD_TRACERD_PRIVILEGES_H */

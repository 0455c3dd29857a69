/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the debug table in skald.ko
 *
 * The counterpart of debug_table.h: classifiers go into the module instead of
 * into nftables rules. libpcap's programs are used as they are: those for
 * Ethernet see frames that a device receives, those without link layer see what
 * the host sends.
 */
#ifndef SKALD_LIB_KMOD_DEBUG_H
#define SKALD_LIB_KMOD_DEBUG_H

#include "classifier.h"
#include "debug_table.h"
#include "kmod_family.h"

/**
 * skald_kmod_debug_add() - add a line
 * @kmod: connection; the line lives as long as that
 * @classifier: compiled or not: only its expression and limits are used
 * @netns: inode number of the namespace; 0: all
 * @line: written on success: the module's number of it
 * @error: libpcap's words, or the module's
 *
 * Return: 0, -EINVAL for an expression that is none, or the module's -errno.
 */
int skald_kmod_debug_add(struct skald_kmod *kmod,
			 const struct skald_classifier *classifier,
			 uint32_t netns, uint32_t *line,
			 struct skald_error *error);
int skald_kmod_debug_delete(struct skald_kmod *kmod, uint32_t line,
			    struct skald_error *error);
/* What a line did; -ENOENT: there is none of that number */
int skald_kmod_debug_count(struct skald_kmod *kmod, uint32_t line,
			   struct skald_classifier_count *count);

#endif /* SKALD_LIB_KMOD_DEBUG_H */

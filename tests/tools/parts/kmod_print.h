/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Records of skald.ko as text, for tests/tools/kmod_dump.c: near to the
 * structures of include/skald/uapi.h, numbers as they are.
 */
#ifndef KMOD_PRINT_H
#define KMOD_PRINT_H

#include <skald/uapi.h>
#include <stdint.h>

/* Remember what a place is called. */
void kmod_print_name(const struct skald_r_name *name);

/* The word of a record's type. */
const char *kmod_print_type(uint16_t type);

/* What a record says, without its head; to stdout. */
void kmod_print_body(const struct skald_r_record *record);

#endif /* KMOD_PRINT_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the list of helpers
 *
 * One line a helper; each is one file and one ops table.
 */
#ifndef SKALD_ENGINE_CT_HELPERS_H
#define SKALD_ENGINE_CT_HELPERS_H

#include "ct_helper.h"

/* clang-format off */
#define SKALD_CT_HELPERS(H) \
	H(ftp) \
	H(irc) \
	H(tftp) \
	H(amanda) \
	H(sane) \
	H(netbios_ns) \
	H(snmp) \
	H(pptp) \
	H(sip) \
	H(sip_tcp) \
	H(ras) \
	H(q931) \
	H(h245)
/* clang-format on */

#define SKALD_CT_HELPER_EXTERN(name) \
	extern const struct skald_ct_helper skald_ct_helper_##name;
SKALD_CT_HELPERS(SKALD_CT_HELPER_EXTERN)

/* All helpers, NULL at the end; static. */
extern const struct skald_ct_helper *const skald_ct_helpers[];

/**
 * skald_ct_helper_find() - a helper by its name
 * @name: its name
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @proto: IP protocol
 *
 * Return: the helper; NULL: there is none.
 */
const struct skald_ct_helper *skald_ct_helper_find(const char *name, u8 family,
						   u8 proto);

/**
 * skald_ct_helper_by_port() - the helper usual for a port
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @proto: IP protocol
 * @port: destination port of a connection's first packet, host order
 *
 * Return: the helper; NULL: there is none.
 */
const struct skald_ct_helper *skald_ct_helper_by_port(u8 family, u8 proto,
						      u16 port);

#endif /* SKALD_ENGINE_CT_HELPERS_H */

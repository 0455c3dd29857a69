/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a kernel's helpers, by port
 *
 * Rules for nft that give conversations the helper of their port, behind
 * conntrack, as the engine does with helpers-by-port.
 */
#ifndef SKALD_CONNTRACK_HELPER_RULES_H
#define SKALD_CONNTRACK_HELPER_RULES_H

#define HELPER_RULES                                                    \
	"table inet helpers {\n"                                        \
	" ct helper ftp { type \"ftp\" protocol tcp; }\n"               \
	" ct helper irc { type \"irc\" protocol tcp; }\n"               \
	" ct helper sip { type \"sip\" protocol udp; }\n"               \
	" ct helper sip-tcp { type \"sip\" protocol tcp; }\n"           \
	" ct helper amanda { type \"amanda\" protocol udp; }\n"         \
	" ct helper sane { type \"sane\" protocol tcp; }\n"             \
	" ct helper tftp { type \"tftp\" protocol udp; }\n"             \
	" ct helper q931 { type \"Q.931\" protocol tcp; }\n"            \
	" ct helper ras { type \"RAS\" protocol udp; }\n"               \
	" chain helpers { type filter hook prerouting priority -149;\n" \
	"  tcp dport 21 ct helper set \"ftp\"\n"                        \
	"  tcp dport 6667-6669 ct helper set \"irc\"\n"                 \
	"  udp dport 5060 ct helper set \"sip\"\n"                      \
	"  tcp dport 5060 ct helper set \"sip-tcp\"\n"                  \
	"  udp dport 10080 ct helper set \"amanda\"\n"                  \
	"  tcp dport 6566 ct helper set \"sane\"\n"                     \
	"  udp dport 69 ct helper set \"tftp\"\n"                       \
	"  tcp dport 1720 ct helper set \"q931\"\n"                     \
	"  udp dport 1719 ct helper set \"ras\"\n }\n"                  \
	"}\n" /* of IPv4 alone */                                       \
	"table ip helpers {\n"                                          \
	" ct helper pptp { type \"pptp\" protocol tcp; l3proto ip; }\n" \
	" ct helper snmp { type \"snmp\" protocol udp; l3proto ip; }\n" \
	" chain helpers { type filter hook prerouting priority -149;\n" \
	"  tcp dport 1723 ct helper set \"pptp\"\n"                     \
	"  udp dport 161-162 ct helper set \"snmp\"\n }\n"              \
	"}\n"

#endif /* SKALD_CONNTRACK_HELPER_RULES_H */

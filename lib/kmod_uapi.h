/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the contract with skald.ko, as the library uses it
 *
 * include/skald/uapi.h gives its records short names, some of which are also
 * those of the library's own structures. Here each of them is called
 * skald_r_<noun>: include
 * this file instead.
 */
#ifndef SKALD_LIB_KMOD_UAPI_H
#define SKALD_LIB_KMOD_UAPI_H

/* clang-format off */
#pragma push_macro("SKALD_SNAP_LL")
#pragma push_macro("SKALD_SNAP_MAX")
#undef SKALD_SNAP_LL
#undef SKALD_SNAP_MAX
#define skald_record skald_r_record
#define skald_lost skald_r_lost
#define skald_name skald_r_name
#define skald_ruleset skald_r_ruleset
#define skald_mark skald_r_mark
#define skald_link skald_r_link
#define skald_snap skald_r_snap
#define skald_receive skald_r_receive
#define skald_hook skald_r_hook
#define skald_stage skald_r_stage
#define skald_nft skald_r_nft
#define skald_xt skald_r_xt
#define skald_conntrack skald_r_conntrack
#define skald_window skald_r_window
#define skald_invalid skald_r_invalid
#define skald_nat skald_r_nat
#define skald_expect skald_r_expect
#define skald_iprule skald_r_iprule
#define skald_fib skald_r_fib
#define skald_route skald_r_route
#define skald_neigh skald_r_neigh
#define skald_fragment skald_r_fragment
#define skald_defrag skald_r_defrag
#define skald_scrub skald_r_scrub
#define skald_queue skald_r_queue
#define skald_reinject skald_r_reinject
#define skald_bridge skald_r_bridge
#define skald_transmit skald_r_transmit
#define skald_socket skald_r_socket
#define skald_end skald_r_end
#define skald_forget skald_r_forget
#define skald_tuple skald_r_tuple
#define skald_addr skald_r_addr
#define skald_dev skald_r_dev
#define skald_function skald_r_function
#include "skald/uapi.h"
enum { SKALD_R_SNAP_LL = SKALD_SNAP_LL, SKALD_R_SNAP_MAX = SKALD_SNAP_MAX };
#undef skald_record
#undef skald_lost
#undef skald_name
#undef skald_ruleset
#undef skald_mark
#undef skald_link
#undef skald_snap
#undef skald_receive
#undef skald_hook
#undef skald_stage
#undef skald_nft
#undef skald_xt
#undef skald_conntrack
#undef skald_window
#undef skald_invalid
#undef skald_nat
#undef skald_expect
#undef skald_iprule
#undef skald_fib
#undef skald_route
#undef skald_neigh
#undef skald_fragment
#undef skald_defrag
#undef skald_scrub
#undef skald_queue
#undef skald_reinject
#undef skald_bridge
#undef skald_transmit
#undef skald_socket
#undef skald_end
#undef skald_forget
#undef skald_tuple
#undef skald_addr
#undef skald_dev
#undef skald_function
#undef SKALD_SNAP_LL
#undef SKALD_SNAP_MAX
#pragma pop_macro("SKALD_SNAP_LL")
#pragma pop_macro("SKALD_SNAP_MAX")
/* clang-format on */

#endif /* SKALD_LIB_KMOD_UAPI_H */

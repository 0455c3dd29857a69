/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the one list of what is watched
 *
 * F(feature, module, function, handler): functions, at their entry, by ftrace.
 * module is where it lives where it is one, else "". A function that a kernel
 * does not have, or has made inline, is left out; the feature goes with it if
 * it is the last of the feature.
 *
 * R(feature, module, function, handler): functions whose handler may have the
 * caller do without them. Only to save time: where the kernel refuses (another
 * does the same, such as a live patch), nothing is missing.
 *
 * T(feature, tracepoint, handler): tracepoints; none may be absent.
 */
#ifndef SKALD_PROBES_H
#define SKALD_PROBES_H

/* clang-format off */

#define SKALD_FUNCTIONS(F) \
	F(HOOKS, "", nf_hook_slow, skald_hook_on_entry) \
	F(NFT, "nf_tables", nft_trace_notify, skald_rule_on_nft) \
	F(NFT, "nf_tables", nf_tables_commit, skald_rule_on_commit) \
	F(XT, "", nf_log_trace, skald_rule_on_xt) \
	F(CONNTRACK, "nf_conntrack", nf_conntrack_in, skald_conntrack_on_seen) \
	F(CONNTRACK, "nf_conntrack", __nf_conntrack_confirm, \
	  skald_conntrack_on_seen) \
	F(CONNTRACK, "nf_conntrack", nf_ct_l4proto_log_invalid, \
	  skald_conntrack_on_invalid) \
	F(CONNTRACK, "nf_conntrack", nf_l4proto_log_invalid, \
	  skald_conntrack_on_malformed) \
	F(CONNTRACK, "nf_conntrack", nf_ct_expect_related_report, \
	  skald_conntrack_on_expect) \
	F(NAT, "nf_nat", nf_nat_manip_pkt, skald_nat_on_manip) \
	F(ROUTE4, "", ip_route_input_noref, skald_fib_on_input4) \
	F(ROUTE4, "", ip_route_me_harder, skald_fib_on_again4) \
	F(ROUTE4, "", fib4_rule_action, skald_fib_on_rule4) \
	F(ROUTE4, "", fib_table_lookup, skald_fib_on_table4) \
	F(ROUTE4, "", ip_local_deliver, skald_route_on_input) \
	F(ROUTE4, "", ip_forward, skald_route_on_input) \
	F(ROUTE4, "", ip_mr_input, skald_route_on_input) \
	F(ROUTE4, "", ip_error, skald_route_on_input) \
	F(ROUTE6, "", ip6_route_input, skald_fib_on_input6) \
	F(ROUTE6, "", ip6_route_me_harder, skald_fib_on_again6) \
	F(ROUTE6, "", fib6_rule_action, skald_fib_on_rule6) \
	F(ROUTE6, "", ip6_input, skald_route_on_input) \
	F(ROUTE6, "", ip6_forward, skald_route_on_input) \
	F(ROUTE6, "", ip6_mc_input, skald_route_on_input) \
	F(ROUTE6, "", ip6_pkt_discard, skald_route_on_input) \
	F(ROUTE6, "", ip6_pkt_prohibit, skald_route_on_input) \
	F(NEIGH, "", ip_finish_output2, skald_neigh_on_output4) \
	F(NEIGH, "", ip6_finish_output2, skald_neigh_on_output6) \
	F(LINEAGE, "", __copy_skb_header, skald_lineage_on_header) \
	F(LINEAGE, "", skb_clone, skald_lineage_on_clone) \
	F(LINEAGE, "", skb_copy, skald_lineage_on_copy) \
	F(LINEAGE, "", __pskb_copy_fclone, skald_lineage_on_copy) \
	F(LINEAGE, "", skb_copy_expand, skald_lineage_on_copy) \
	F(LINEAGE, "", skb_segment, skald_lineage_on_segment) \
	F(LINEAGE, "", skb_segment_list, skald_lineage_on_segment) \
	F(LINEAGE, "", skb_morph, skald_lineage_on_morph) \
	F(LINEAGE, "", ip_do_fragment, skald_fragment_on_cut) \
	F(LINEAGE, "", ip6_fragment, skald_fragment_on_cut) \
	F(LINEAGE, "", ip_fraglist_prepare, skald_fragment_on_list4) \
	F(LINEAGE, "", ip6_fraglist_prepare, skald_fragment_on_list6) \
	F(LINEAGE, "", inet_frag_queue_insert, skald_fragment_on_insert) \
	F(LINEAGE, "", inet_frag_reasm_prepare, skald_fragment_on_prepare) \
	F(LINEAGE, "", inet_frag_reasm_finish, skald_fragment_on_finish) \
	F(SCRUB, "", skb_scrub_packet, skald_lineage_on_scrub) \
	F(QUEUE, "nfnetlink_queue", nfqnl_reinject, skald_queue_on_reinject) \
	F(BRIDGE, "bridge", br_handle_frame, skald_bridge_on_input) \
	F(BRIDGE, "bridge", br_handle_frame_finish, skald_bridge_on_decide) \
	F(BRIDGE, "bridge", br_forward_finish, skald_bridge_on_forward) \
	F(BRIDGE, "bridge", br_netif_receive_skb, skald_bridge_on_local) \
	F(BRIDGE, "bridge", br_dev_queue_push_xmit, skald_bridge_on_output) \
	F(DELIVER, "", tcp_v4_do_rcv, skald_deliver_on_socket) \
	F(DELIVER, "", tcp_v6_do_rcv, skald_deliver_on_socket) \
	F(DELIVER, "", tcp_add_backlog, skald_deliver_on_backlog) \
	F(DELIVER, "", __udp_enqueue_schedule_skb, skald_deliver_on_socket) \
	F(DELIVER, "", sock_queue_rcv_skb_reason, skald_deliver_on_socket) \
	F(DELIVER, "", icmp_rcv, skald_deliver_on_kernel) \
	F(DELIVER, "", icmpv6_rcv, skald_deliver_on_kernel) \
	F(DELIVER, "", igmp_rcv, skald_deliver_on_kernel) \
	F(DELIVER, "", arp_process, skald_deliver_on_arp) \
	F(DELIVER, "", packet_rcv, skald_deliver_on_tap) \
	F(DELIVER, "", tpacket_rcv, skald_deliver_on_tap) \
	F(FREE, "", skb_release_head_state, skald_end_on_release) \
	F(FREE, "", napi_skb_free_stolen_head, skald_end_on_release)

#define SKALD_REDIRECTS(R) \
	R(NFT, "nf_tables", nft_trace_init, skald_rule_on_init)

#define SKALD_TRACEPOINTS(T) \
	T(MARK, netif_receive_skb, skald_device_on_receive) \
	T(MARK, net_dev_queue, skald_device_on_queue) \
	T(MARK, net_dev_start_xmit, skald_device_on_send) \
	T(DROP, kfree_skb, skald_end_on_drop) \
	T(FREE, consume_skb, skald_end_on_consume) \
	T(ROUTE4, fib_table_lookup, skald_fib_on_result4) \
	T(ROUTE6, fib6_table_lookup, skald_fib_on_result6)

/* clang-format on */

#endif /* SKALD_PROBES_H */

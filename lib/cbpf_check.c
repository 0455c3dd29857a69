// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refuses what a netfilter hook does not have, in words of the expression. Used
 * by cbpf.c.
 */
#include "cbpf_check.h"

#include <errno.h>
#include <linux/if_ether.h>

static int refuse_type(uint32_t type, struct skald_error *error)
{
	switch (type) {
	case ETH_P_8021Q:
	case ETH_P_8021AD:
	case ETH_P_QINQ1:
		skald_error_set(error, EOPNOTSUPP,
				"\"vlan\" cannot be seen at a hook: the tag is "
				"gone before the firewall sees the packet");
		skald_error_help(error, "follow the VLAN's own interface, "
					"such as eth0.10, without \"vlan\"");
		return -EOPNOTSUPP;
	case ETH_P_MPLS_UC:
	case ETH_P_MPLS_MC:
		skald_error_set(error, EOPNOTSUPP,
				"\"mpls\" cannot be seen at a hook: labelled "
				"packets do not pass the firewall");
		skald_error_help(error, "leave \"mpls\" out, and follow the "
					"packet where it has no label");
		return -EOPNOTSUPP;
	case ETH_P_PPP_DISC:
	case ETH_P_PPP_SES:
		skald_error_set(error, EOPNOTSUPP,
				"\"pppoe\" cannot be seen at a hook: the "
				"header is gone before the firewall sees the "
				"packet");
		skald_error_help(error, "follow the interface of the session, "
					"such as ppp0, without \"pppoe\"");
		return -EOPNOTSUPP;
	default:
		return 0;
	}
}

static int refuse_ancillary(uint32_t k, struct skald_error *error)
{
	switch (k - SKF_AD_OFF) {
	case SKF_AD_VLAN_TAG:
	case SKF_AD_VLAN_TAG_PRESENT:
	case SKF_AD_VLAN_TPID:
		return refuse_type(ETH_P_8021Q, error);
	case SKF_AD_PKTTYPE:
		skald_error_set(error, EOPNOTSUPP,
				"\"inbound\" and \"outbound\" are not known at "
				"a hook");
		skald_error_help(error, "choose the hook instead: prerouting "
					"sees what comes in, output what this "
					"machine sends");
		return -EOPNOTSUPP;
	default:
		return skald_error_set(
			error, EOPNOTSUPP,
			"the expression asks for something about "
			"the capture (0x%x) that a hook does not "
			"know",
			k);
	}
}

static int refuse_link(const struct sock_filter *insn,
		       struct skald_error *error)
{
	char text[64];

	skald_cbpf_text(insn, text, sizeof(text));
	if (skald_cbpf_is_indirect(insn)) {
		skald_error_set(error, EOPNOTSUPP,
				"\"%s\" may read in front of the network "
				"header, which does not work at a hook",
				text);
		skald_error_help(error, "count from an earlier header: "
					"ip[16:4] instead of tcp[-4:4]");
		return -EOPNOTSUPP;
	}
	skald_error_set(error, EOPNOTSUPP,
			"\"%s\" reads the link-layer header in a way that "
			"does not work at a hook",
			text);
	skald_error_help(error, "addresses (ether host, ether[0:4]) and the "
				"whole type (ether proto, ether[12:2]) work");
	return -EOPNOTSUPP;
}

static bool is_known_alu(const struct sock_filter *insn)
{
	bool is_constant = BPF_SRC(insn->code) == BPF_K;

	switch (BPF_OP(insn->code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return true;
	case BPF_DIV:
	case BPF_MOD:
		return !is_constant || insn->k;
	case BPF_LSH:
	case BPF_RSH:
		return !is_constant || insn->k < 32;
	case BPF_NEG:
		return is_constant;
	default:
		return false;
	}
}

static bool is_known_jump(uint16_t code)
{
	switch (BPF_OP(code)) {
	case BPF_JEQ:
	case BPF_JGE:
	case BPF_JGT:
	case BPF_JSET:
		return true;
	default:
		return code == (BPF_JMP | BPF_JA);
	}
}

/* The kernel's list (chk_code_allowed() in net/core/filter.c) without loads */
static bool is_known(const struct sock_filter *insn)
{
	if (insn->code > UINT8_MAX)
		return false;
	switch (BPF_CLASS(insn->code)) {
	case BPF_ALU:
		return is_known_alu(insn);
	case BPF_JMP:
		return is_known_jump(insn->code);
	}
	switch (insn->code) {
	case BPF_MISC | BPF_TAX:
	case BPF_MISC | BPF_TXA:
	case BPF_RET | BPF_K:
	case BPF_RET | BPF_A:
	case BPF_ST:
	case BPF_STX:
		return true;
	default:
		return false;
	}
}

static bool is_known_load(uint16_t code)
{
	switch (code) {
	case BPF_LD | BPF_W | BPF_ABS:
	case BPF_LD | BPF_H | BPF_ABS:
	case BPF_LD | BPF_B | BPF_ABS:
	case BPF_LD | BPF_W | BPF_IND:
	case BPF_LD | BPF_H | BPF_IND:
	case BPF_LD | BPF_B | BPF_IND:
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_IMM:
	case BPF_LDX | BPF_MEM:
	case BPF_LDX | BPF_B | BPF_MSH:
		return true;
	default:
		return false;
	}
}

static int check_load(const struct sock_filter *insn, struct skald_error *error)
{
	if (!is_known_load(insn->code))
		return skald_error_set(error, EINVAL,
				       "libpcap made a load of kind "
				       "0x%x that is not known here",
				       insn->code);
	switch (BPF_MODE(insn->code)) {
	case BPF_ABS:
		if (insn->k >= (uint32_t)SKF_AD_OFF)
			return refuse_ancillary(insn->k, error);
		if (insn->k > INT32_MAX ||
		    (skald_cbpf_is_link(insn) &&
		     insn->k + skald_cbpf_load_size(insn) >
			     SKALD_CBPF_LINK_TYPE))
			return refuse_link(insn, error);
		return 0;
	case BPF_IND:
	case BPF_MSH:
		if (insn->k > INT32_MAX || insn->k < SKALD_CBPF_LINK)
			return refuse_link(insn, error);
		return 0;
	case BPF_MEM:
		if (insn->k >= BPF_MEMWORDS)
			return skald_error_set(error, EINVAL,
					       "libpcap made a load outside "
					       "of its memory");
		return 0;
	default:
		return 0;
	}
}

int skald_cbpf_check(const struct sock_filter *insn, bool has_type,
		     struct skald_error *error)
{
	const unsigned int class = BPF_CLASS(insn->code);

	if (class != BPF_LD && class != BPF_LDX && !is_known(insn))
		return skald_error_set(error, EINVAL,
				       "libpcap made an instruction of kind "
				       "0x%x that is not known here",
				       insn->code);
	switch (class) {
	case BPF_LD:
	case BPF_LDX:
		return check_load(insn, error);
	case BPF_JMP:
		if (has_type && insn->code == (BPF_JMP | BPF_JEQ | BPF_K))
			return refuse_type(insn->k, error);
		return 0;
	case BPF_ST:
	case BPF_STX:
		if (insn->k < BPF_MEMWORDS)
			return 0;
		return skald_error_set(error, EINVAL,
				       "libpcap stores outside of its memory");
	default:
		return 0;
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * An XDP program that drops everything, for the scenarios: xdp_drop DEVICE
 * puts it there in generic mode, where it stays until "ip link set DEVICE
 * xdpgeneric off".
 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static int load_program(void)
{
	/* r0 = XDP_DROP; exit */
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_XDP;
	attr.insns = (__u64)(unsigned long)program;
	attr.insn_cnt = sizeof(program) / sizeof(program[0]);
	attr.license = (__u64)(unsigned long)"GPL";
	return syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
}

struct request {
	struct nlmsghdr header;
	struct ifinfomsg info;
	struct rtattr xdp;
	struct rtattr fd;
	int fd_value;
	struct rtattr flags;
	__u32 flags_value;
};

static void fill_request(struct request *request, int ifindex, int program)
{
	memset(request, 0, sizeof(*request));
	request->header.nlmsg_len = sizeof(*request);
	request->header.nlmsg_type = RTM_SETLINK;
	request->header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	request->info.ifi_family = AF_UNSPEC;
	request->info.ifi_index = ifindex;
	request->xdp.rta_type = IFLA_XDP | NLA_F_NESTED;
	request->xdp.rta_len = sizeof(*request) - offsetof(struct request, xdp);
	request->fd.rta_type = IFLA_XDP_FD;
	request->fd.rta_len = RTA_LENGTH(sizeof(request->fd_value));
	request->fd_value = program;
	request->flags.rta_type = IFLA_XDP_FLAGS;
	request->flags.rta_len = RTA_LENGTH(sizeof(request->flags_value));
	request->flags_value = XDP_FLAGS_SKB_MODE;
}

/* Return: 0 or -errno of the kernel */
static int ask_kernel(const struct request *request)
{
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char extack[512];
	} answer;
	int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);

	if (fd < 0 || send(fd, request, sizeof(*request), 0) < 0 ||
	    recv(fd, &answer, sizeof(answer), 0) < 0)
		return -errno;
	close(fd);
	return answer.error.error;
}

int main(int argc, char **argv)
{
	struct request request;
	int program = load_program(), status;

	if (argc != 2 || program < 0) {
		fprintf(stderr, argc != 2 ? "usage: xdp_drop DEVICE\n"
					  : "xdp_drop: no XDP here\n");
		return 2;
	}
	fill_request(&request, if_nametoindex(argv[1]), program);
	status = ask_kernel(&request);
	if (status)
		fprintf(stderr, "xdp_drop: %s\n", strerror(-status));
	return status != 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/* Matches of sockets and who has them: xt_owner.c, xt_cgroup.c, xt_socket.c,
 * xt_osf.c. */
#include "expr_parts.h"
#include "vm_pkt.h"
#include "xt.h"

#define FLAG_SYN 0x02

struct owner_info {
	u32 uid_min;
	u32 uid_max;
	u32 gid_min;
	u32 gid_max;
	u8 match;
	u8 invert;
};

/* The beginning of revisions 1 and 2, which differ in the longest path. */
struct cgroup_info {
	u8 has_path;
	u8 has_classid;
	u8 invert_path;
	u8 invert_classid;
	char path[];
};

#define CGROUP_V1_PATH 4096
#define CGROUP_V1_SIZE (4 + CGROUP_V1_PATH + 4)
#define CGROUP_V2_SIZE (4 + 512)

struct osf_info {
	char genre[32];
	u32 len;
	u32 flags;
	u32 loglevel;
	u32 ttl;
};

#define OWNER_UID 1
#define OWNER_GID 2
#define OWNER_SOCKET 4

/* owner_mt() */
static int match_owner(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct owner_info *info = (const void *)xt->info;
	u32 uid = 0, gid = 0;
	int err = skald_vm_fact(pkt, SKALD_FACT_SKUID, &uid);

	if (err == -ENOENT)
		return !(info->match ^ info->invert);
	if (err)
		return -ENODATA;
	if ((info->match & info->invert & OWNER_SOCKET))
		return SKALD_XT_NO;
	if ((info->match & OWNER_UID) &&
	    (uid >= info->uid_min && uid <= info->uid_max) ==
		    !!(info->invert & OWNER_UID))
		return SKALD_XT_NO;
	if (!(info->match & OWNER_GID))
		return SKALD_XT_YES;
	if (skald_vm_fact(pkt, SKALD_FACT_SKGID, &gid))
		return -ENODATA;
	return (gid >= info->gid_min && gid <= info->gid_max) !=
	       !!(info->invert & OWNER_GID);
}

static int match_cgroup(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const u32 *info = (const void *)xt->info;
	u32 class;
	int err = skald_vm_fact(pkt, SKALD_FACT_CGROUP, &class);

	if (err)
		return err == -ENOENT ? SKALD_XT_NO : -ENODATA;
	return (class == info[0]) != !!info[1];
}

/* cgroup_mt_v1(), cgroup_mt_v2(): by class, or by a path, of which the world
 * knows only whether there is a socket at all. */
static int match_cgroup_path(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct cgroup_info *info = (const void *)xt->info;
	u32 class, wanted;
	int err = skald_vm_fact(pkt, SKALD_FACT_CGROUP, &class);

	if (err)
		return err == -ENOENT ? SKALD_XT_NO : -ENODATA;
	if (info->has_path)
		return -ENODATA;
	memcpy(&wanted, info->path + (xt->revision == 1 ? CGROUP_V1_PATH : 0),
	       sizeof(wanted));
	return (class == wanted) != !!info->invert_classid;
}

#define SOCKET_TRANSPARENT 1
#define SOCKET_NOWILDCARD 2
#define SOCKET_RESTOREMARK 4

static int match_socket(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	struct skald_socket_info info = { 0 };
	u8 flags = xt->len ? *(const u8 *)xt->info : 0;
	int err = -ENODATA;

	if (pkt->world->socket)
		err = pkt->world->socket(pkt->owner, pkt, &info);
	if (err)
		return err == -ENOENT ? SKALD_XT_NO : -ENODATA;
	if ((info.wildcard && !(flags & SOCKET_NOWILDCARD) && info.is_full) ||
	    ((flags & SOCKET_TRANSPARENT) && !info.transparent))
		return SKALD_XT_NO;
	if ((flags & SOCKET_RESTOREMARK) && info.is_full) {
		pkt->view->mark = info.mark;
		pkt->facts.mark = info.mark;
	}
	return SKALD_XT_YES;
}

#define OSF_GENRE 1
#define OSF_INVERT 8

/* nf_osf_match(): only SYNs have a fingerprint. */
static int match_osf(struct skald_xt *xt, struct skald_vm_pkt *pkt)
{
	const struct osf_info *info = (const void *)xt->info;
	char genre[32] = { 0 };
	bool is = true;
	u8 flags;
	int err = skald_xt_pull(pkt, pkt->thoff + 13, 1, &flags);

	if (err)
		return err == SKALD_XT_DROP ? SKALD_XT_NO : err;
	if (!(flags & FLAG_SYN))
		return SKALD_XT_NO;
	err = skald_vm_fact(pkt, SKALD_FACT_OSF_GENRE, genre);
	if (err == -ENODATA)
		return err;
	if (err)
		is = false;
	else if (info->flags & OSF_GENRE)
		is = strncmp(genre, info->genre, sizeof(genre)) == 0;
	return is != !!(info->flags & OSF_INVERT);
}

/* clang-format off */
const struct skald_xt_ops skald_xt_socket[] = {
	{ .name = "owner", .revision = 1, .size = sizeof(struct owner_info),
	  .help = "user and group of the socket", .match = match_owner,
	  .missing = "socket owner" },
	{ .name = "cgroup", .revision = 0, .size = 8,
	  .help = "class of the control group", .match = match_cgroup,
	  .missing = "control group" },
	{ .name = "cgroup", .revision = 1, .size = CGROUP_V1_SIZE,
	  .help = "class or path of the control group",
	  .match = match_cgroup_path, .missing = "control group" },
	{ .name = "cgroup", .revision = 2, .size = CGROUP_V2_SIZE,
	  .help = "class or path of the control group",
	  .match = match_cgroup_path, .missing = "control group" },
	{ .name = "socket", .revision = SKALD_XT_ANY, .size = 0,
	  .help = "whether a socket is open", .match = match_socket,
	  .missing = "socket" },
	{ .name = "osf", .revision = 0, .family = NFPROTO_IPV4,
	  .size = sizeof(struct osf_info),
	  .help = "the sender's operating system", .match = match_osf,
	  .missing = "operating system fingerprint" },
	{ .name = NULL },
};
/* clang-format on */

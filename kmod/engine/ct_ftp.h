/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: commands and replies of FTP that announce a connection
 *
 * RFC 959 (PORT, 227), RFC 1123 section 4.1.2.6 (how 227 may look), RFC 2428
 * (EPRT, 229).
 */
#ifndef SKALD_ENGINE_CT_FTP_H
#define SKALD_ENGINE_CT_FTP_H

#include "ct_helper.h"

enum skald_ftp_kind {
	SKALD_FTP_PORT,
	SKALD_FTP_EPRT,
	SKALD_FTP_PASV,
	SKALD_FTP_EPSV,
};

/**
 * struct skald_ftp_command - a connection that was announced
 * @kind: how
 * @has_addr: with an address; that of the speaker is meant otherwise
 * @addr: the address
 * @port: the port, host order, not 0
 * @off: offset in the line of what names them
 * @len: how many bytes
 */
struct skald_ftp_command {
	enum skald_ftp_kind kind;
	bool has_addr;
	union skald_addr addr;
	u16 port;
	u32 off;
	u32 len;
};

/**
 * skald_ftp_parse() - read a line
 * @line: the line, with its newline
 * @len: bytes
 * @dir: SKALD_CT_ORIGINAL: a command, SKALD_CT_REPLY: a reply
 * @family: of the control connection
 * @command: written on success
 *
 * A line that begins like one of them and is none ("227 Logout.") is just
 * another line.
 *
 * Return: whether it announces a connection.
 */
bool skald_ftp_parse(const u8 *line, u32 len, u8 dir, u8 family,
		     struct skald_ftp_command *command);

/**
 * skald_ftp_may_become() - whether more bytes could make a command of it
 * @piece: the beginning of a line
 * @len: bytes, > 0
 * @dir: as above
 */
bool skald_ftp_may_become(const u8 *piece, u32 len, u8 dir);

/**
 * skald_ftp_write() - what names address and port
 * @command: how; its @addr and @port are written
 * @family: of the control connection
 * @buf: SKALD_TEXT_ADDR bytes at least
 * @size: of @buf
 *
 * As nf_nat_ftp_fmt_cmd().
 *
 * Return: characters.
 */
int skald_ftp_write(const struct skald_ftp_command *command, u8 family,
		    char *buf, size_t size);

extern const struct skald_ct_helper skald_ct_helper_ftp;

#endif /* SKALD_ENGINE_CT_FTP_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: numbers and addresses in text
 *
 * What helpers read from protocols that are text, and write back. The bytes
 * are a peer's: nothing here reads behind @len or needs a terminating NUL.
 */
#ifndef SKALD_ENGINE_CT_TEXT_H
#define SKALD_ENGINE_CT_TEXT_H

#include "env.h"

/* "[", the longest IPv6 address, "]:65535" and a NUL. */
#define SKALD_TEXT_ADDR 56

static inline bool skald_text_is_digit(u8 c)
{
	return c >= '0' && c <= '9';
}

static inline bool skald_text_is_alpha(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/**
 * skald_text_begins() - whether text begins with a word, in any case
 * @text: the text
 * @len: its length
 * @word: the word
 */
bool skald_text_begins(const u8 *text, u32 len, const char *word);

/**
 * skald_text_number() - a decimal number
 * @text: the text
 * @len: its length
 * @max: the largest number that counts
 * @value: where to put it
 *
 * Return: its digits; 0 when there is none or it is larger than @max.
 */
u32 skald_text_number(const u8 *text, u32 len, u32 max, u32 *value);

/**
 * skald_text_ipv4() - an IPv4 address in dots
 * @text: the text
 * @len: its length
 * @addr: four bytes, written on success
 *
 * As in4_pton() without a delimiter: what follows ends it, unless it is a
 * hexadecimal digit or a dot.
 *
 * Return: its characters, 0: there is none.
 */
u32 skald_text_ipv4(const u8 *text, u32 len, u8 *addr);

/**
 * skald_text_ipv6() - an IPv6 address, RFC 4291 section 2.2
 * @text: the text
 * @len: its length
 * @addr: sixteen bytes, written on success
 *
 * Return: its characters, 0: there is none.
 */
u32 skald_text_ipv6(const u8 *text, u32 len, u8 *addr);

/**
 * skald_text_addr() - an address of a family
 * @text: the text
 * @len: its length
 * @family: NFPROTO_IPV4 or NFPROTO_IPV6
 * @addr: sixteen bytes, written on success; an IPv4 address fills the first
 *	four, the others become 0
 *
 * Return: its characters, 0: there is none.
 */
u32 skald_text_addr(const u8 *text, u32 len, u8 family, u8 *addr);

/**
 * skald_text_put_ipv4() - write an IPv4 address
 * @buf: where to
 * @size: room at @buf
 * @addr: four bytes
 *
 * Return: characters written, as snprintf().
 */
int skald_text_put_ipv4(char *buf, size_t size, const u8 *addr);

/**
 * skald_text_put_ipv6() - write an IPv6 address
 * @buf: where to
 * @size: room at @buf
 * @addr: sixteen bytes
 * @full: all digits, as %pI6 in the kernel; else short, as RFC 5952 (%pI6c)
 *
 * Return: characters written, as snprintf().
 */
int skald_text_put_ipv6(char *buf, size_t size, const u8 *addr, bool full);

#endif /* SKALD_ENGINE_CT_TEXT_H */

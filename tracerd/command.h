/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: requests of the control socket
 */
#ifndef SKALD_TRACERD_COMMAND_H
#define SKALD_TRACERD_COMMAND_H

#include <jansson.h>

struct skald_client;

/* Do what a request asks for, and answer. */
void skald_command(struct skald_client *client, const json_t *request);

#endif /* SKALD_TRACERD_COMMAND_H */

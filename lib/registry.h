/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what rules can be made of
 *
 * The engine's tables of expressions, named objects, and matches and targets
 * of x_tables, as one list for front ends: "skald filter help" prints it, and
 * whoever draws a form for a rule can be made from it. Keys are in
 * docs/json.md.
 */
#ifndef SKALD_LIB_REGISTRY_H
#define SKALD_LIB_REGISTRY_H

#include <jansson.h>

/**
 * skald_registry() - kinds of expressions, objects, matches and targets
 * @name: only those of that name, or whose kind it is; NULL: all
 *
 * Return: a new array, ordered by kind, then by name; empty: nothing
 * has that name; NULL: no memory.
 */
json_t *skald_registry(const char *name);

#endif /* SKALD_LIB_REGISTRY_H */

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: stores that live as long as their daemon
 *
 * A tracerd that "skald follow" starts for itself records into a folder of its
 * own, which it removes when it ends. One that was killed could not: the next
 * one sees by the lock of the store, which went with its holder, that nobody
 * is there, and removes the folder.
 */
#ifndef SKALD_TRACERD_TEMPORARY_H
#define SKALD_TRACERD_TEMPORARY_H

#include <stddef.h>

/* The store's name in its folder */
#define SKALD_TEMPORARY_DB "skald.db"

/**
 * skald_temporary_make() - a new folder, for the owner alone
 * @folder: its path is written here
 * @size: bytes in @folder
 *
 * Folders of the dead are removed on the way. Return: 0 or -errno
 */
int skald_temporary_make(char *folder, size_t size);

/**
 * skald_temporary_remove() - remove a folder and the store in it
 * @folder: from skald_temporary_make(); "": nothing to do
 *
 * Return: 0 or -errno
 */
int skald_temporary_remove(const char *folder);

#endif /* SKALD_TRACERD_TEMPORARY_H */

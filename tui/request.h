/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the browser's requests
 *
 * Everything that a key can ask of the browser stands here once: the
 * dispatcher, the help view, the hint line, docs/browser.md and the manual
 * page's key table are made from this list.
 *
 * To add a request: one line here, and one case where it is served (view.c for
 * what every view can do, browser.c for what concerns the whole screen, or the
 * view's own file).
 */
#ifndef SKALD_TUI_REQUEST_H
#define SKALD_TUI_REQUEST_H

/* Groups of the help: G(NAME, "title") */
#define SKALD_REQUEST_GROUPS(G)        \
	G(MOVE, "Moving")              \
	G(OPEN, "Opening and closing") \
	G(LIST, "Which stories")       \
	G(STORY, "In a story")         \
	G(FIND, "Searching")           \
	G(OTHER, "The rest")

/*
 * R(NAME, GROUP, "keys", "hint", "help"). Keys are separated by spaces: a
 * character stands for itself, longer names are in keys.c, C-x is Control-x.
 * The hint is the word shown in the bottom line.
 */
#define SKALD_REQUESTS(R)                                                      \
	R(UP, MOVE, "k Up", "up", "one line up")                               \
	R(DOWN, MOVE, "j Down", "down", "one line down")                       \
	R(PAGE_UP, MOVE, "PageUp C-b", "page up", "one page up")               \
	R(PAGE_DOWN, MOVE, "PageDown C-f Space", "page down", "one page down") \
	R(HALF_UP, MOVE, "C-u", "half up", "half a page up")                   \
	R(HALF_DOWN, MOVE, "C-d", "half down", "half a page down")             \
	R(FIRST, MOVE, "g Home", "first",                                      \
	  "to the first line, the oldest story")                               \
	R(LAST, MOVE, "G End", "last",                                         \
	  "to the last line; in the list also follow what is new")             \
	R(LEFT, MOVE, "h Left", "left", "scroll to the left")                  \
	R(RIGHT, MOVE, "l Right", "right", "scroll to the right")              \
	R(ENTER, OPEN, "Enter", "open",                                        \
	  "open what the cursor is on: a story, a rule, a journey link")       \
	R(BACK, OPEN, "q", "back", "close the view; in the list: quit")        \
	R(ESCAPE, OPEN, "Esc", "back",                                         \
	  "one step back: the prompt, the search, the view; never quits")      \
	R(SWITCH, OPEN, "Tab", "switch",                                       \
	  "go from the list to the story and back")                            \
	R(SPLIT, OPEN, "o", "split",                                           \
	  "list and story together on large screens, or one at a time")        \
	R(BYTES, OPEN, "b", "bytes", "the packet's bytes before and after")    \
	R(RULESET, OPEN, "r", "rules",                                         \
	  "the ruleset of that moment, the story's rules marked")              \
	R(SHAPES, OPEN, "s", "shapes",                                         \
	  "the shapes of the stories, rare first")                             \
	R(HELP, OPEN, "? F1", "help", "this help")                             \
	R(QUIT, OPEN, "Q C-c", "quit", "quit from anywhere")                   \
	R(FILTER, LIST, "f", "filter",                                         \
	  "edit the filter: only stories that match")                          \
	R(DROPS, LIST, "d", "drops", "only dropped packets, or all again")     \
	R(CLEAR, LIST, "x", "clear", "all stories again: no filter, no drops") \
	R(FOLLOW, LIST, "F", "follow",                                         \
	  "keep the cursor on the newest story, or no longer")                 \
	R(PAUSE, LIST, "p", "pause", "take in no new stories, or go on")       \
	R(PIN, LIST, "m", "pin",                                               \
	  "pin the story: retention keeps it; or unpin")                       \
	R(COPY, LIST, "y", "copy",                                             \
	  "copy the story's id to the terminal's clipboard")                   \
	R(NEXT_STORY, STORY, "J >", "next", "the next story of the list")      \
	R(PREV_STORY, STORY, "K <", "previous", "the previous story")          \
	R(JOURNEY, STORY, "L", "journey",                                      \
	  "the other story of the next journey link")                          \
	R(VERBOSE, STORY, "v", "every event",                                  \
	  "every event, or only what decides, changes or matches")             \
	R(NEXT_MARK, STORY, "]", "next mark",                                  \
	  "the next marked rule, the next changed byte")                       \
	R(PREV_MARK, STORY, "[", "previous mark", "the one before")            \
	R(SEARCH, FIND, "/", "search", "search for text")                      \
	R(SEARCH_NEXT, FIND, "n", "next match", "next line that matches")      \
	R(SEARCH_PREV, FIND, "N", "previous match",                            \
	  "previous line that matches")                                        \
	R(COMMAND, OTHER, ":", "command", "type a command; see below")         \
	R(RELOAD, OTHER, "R F5", "reload", "read the store again")             \
	R(REDRAW, OTHER, "C-l", "redraw", "draw the screen again")

/* What ':' understands: C(NAME, "arguments", "help") */
#define SKALD_TYPED(C)                                            \
	C(NUMBER, "ID", "go to a story by its id")                \
	C(filter, "[TEXT]", "set the filter; without text: none") \
	C(save, "FILE", "write the screen to a file, as text")    \
	C(help, "", "this help")                                  \
	C(quit, "", "quit")

#define SKALD_REQUEST_ENUM(name, group, keys, hint, help) SKALD_REQ_##name,
enum skald_request {
	SKALD_REQ_NONE,
	SKALD_REQUESTS(SKALD_REQUEST_ENUM) SKALD_N_REQ
};

#define SKALD_REQUEST_GROUP_ENUM(name, title) SKALD_REQ_GROUP_##name,
enum skald_request_group {
	SKALD_REQUEST_GROUPS(SKALD_REQUEST_GROUP_ENUM) SKALD_N_REQ_GROUPS
};

#endif /* SKALD_TUI_REQUEST_H */

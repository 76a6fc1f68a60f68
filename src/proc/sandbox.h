/*
 * sandbox: the last step before a process reads its first foreign byte: no new
 * privileges, no core dumps, Landlock (its home only, or nothing) and a
 * seccomp list per role (design: README, The house).
 */
#ifndef SANDBOX_H
#define SANDBOX_H
#include <stdbool.h>

#include "ipc/permit.h"

/* As root: chroot into home_fd (not sms: it resolves a name in on_start) and
 * become uid = gid = the user
 * "_tacet-ROLE" where the system has it, else 64700 + role. Not root: only
 * changes directory. home_fd -1: an empty directory is not needed, "/" stays
 * but nothing in it can be opened after sandbox_enter. */
MUST_USE enum rc sandbox_drop(enum permit_role role, int home_fd);
/* uid that sandbox_drop takes: for the parent, which owns directories. */
uint32_t sandbox_uid(enum permit_role role);
/* What a process does besides computing, and speaking on what it holds. */
struct sandbox_needs {
	bool home;     /* files beneath the working directory */
	bool accepts;  /* connections */
	bool connects; /* to others */
	bool marks;    /* writes in place in a file that it was given */
	bool threads;  /* starts them, and reads a file that it was given */
	bool forks;    /* without running a program */
};

/* Landlock and seccomp, for a daemon that is none of the roles. Each tells
 * whether the kernel took it. */
void sandbox_close(
    const struct sandbox_needs *needs, bool *ret_fs, bool *ret_calls);
/* One more directory in which a role with a home can work after sandbox_enter,
 * until which dirfd stays open. */
void sandbox_beneath(int dirfd);
/* Landlock and seccomp; logs one clear line where the kernel lacks one. */
MUST_USE enum rc sandbox_enter(enum permit_role role);
#endif

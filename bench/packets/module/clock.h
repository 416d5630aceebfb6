/* SPDX-License-Identifier: GPL-2.0 */
#ifndef FNAT_PACKETS_CLOCK_H
#define FNAT_PACKETS_CLOCK_H

#include <linux/time64.h>
#include <linux/timex.h>

#ifdef CONFIG_UML
/* CPU time of this kernel, which to the host is a process. */
static inline u64 units_now(void)
{
	long time[2], ret;

	asm volatile("syscall"
		     : "=a"(ret)
		     : "0"(228L /* clock_gettime */), "D"(2L /* of the process */), "S"(time)
		     : "rcx", "r11", "memory");
	return time[0] * NSEC_PER_SEC + time[1];
}
#else
static inline u64 units_now(void)
{
	return get_cycles();
}
#endif

#endif

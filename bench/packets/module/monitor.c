// SPDX-License-Identifier: GPL-2.0
/*
 * How long softirqs wait: a timer interrupt raises one every millisecond, and it
 * says how much of the clock went by until it ran. Whoever keeps softirqs off,
 * or runs in one for long, shows as a long wait. One CPU's, that of the writer.
 */
#include <linux/hrtimer.h>
#include <linux/interrupt.h>

#include "clock.h"
#include "packets.h"

static void took(struct tasklet_struct *tasklet);

static struct hrtimer timer;
static DECLARE_TASKLET(waiter, took);
static bool monitored;
/* Written by the interrupt while nothing waits, by the softirq while it does. */
static bool waiting;
static u64 raised;
static u64 worst;

static void took(struct tasklet_struct *tasklet)
{
	worst = max(worst, units_now() - raised);
	/* after raised was read */
	smp_store_release(&waiting, false);
}

static enum hrtimer_restart tick(struct hrtimer *unused)
{
	/* before raised is written */
	if (!smp_load_acquire(&waiting)) {
		raised = units_now();
		WRITE_ONCE(waiting, true);
		tasklet_hi_schedule(&waiter);
	}
	hrtimer_forward_now(&timer, ms_to_ktime(1));
	return HRTIMER_RESTART;
}

/* Begin anew, or stop. The caller sees to it that there is one caller at a time. */
void monitor_set(bool on)
{
	if (monitored) {
		hrtimer_cancel(&timer);
		tasklet_kill(&waiter);
	}
	monitored = on;
	if (!on)
		return;
	worst = 0;
	waiting = false;
	hrtimer_init(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
	timer.function = tick;
	hrtimer_start(&timer, ms_to_ktime(1), HRTIMER_MODE_REL_PINNED_HARD);
}

/* The longest wait since the monitor was begun, in units. */
u64 monitor_worst(void)
{
	return READ_ONCE(worst);
}

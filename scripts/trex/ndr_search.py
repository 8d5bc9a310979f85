# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The mtud authors
"""The search for the highest rate without loss (RFC 2544 section 26.1), whatever makes the packets
and whatever forwards them."""

import dataclasses

# A generator that sends less than this of what it was asked for is the limit itself.
OFFERED = 0.98
# How far beyond its own limit a generator is asked to go.
BEYOND = 1.05
# Who loses packets at this share of the highest rate that was sent loses them at every rate.
LOWEST = 1e-4


@dataclasses.dataclass(frozen=True)
class Trial:
    """What one run at one rate counted, in both directions together."""

    asked_pps: float
    seconds: float  # that sending took, by the clock on the wall
    sent: int
    forwarded: int  # that came out at the other port
    answered: int  # that came back to the port they were sent from
    done: int  # forwarded where that was due, and answered where that was
    own_errors: int = 0  # that the generator's own ports counted

    @property
    def pps(self):
        """The rate that was really sent."""
        return self.sent / self.seconds

    @property
    def lost(self):
        return max(0, self.sent - self.done)

    @property
    def loss(self):
        return self.lost / self.sent if self.sent else 1.0

    @property
    def offered(self):
        return self.pps >= OFFERED * self.asked_pps


@dataclasses.dataclass(frozen=True)
class Rules:
    """When a rate passes, and when the search ends."""

    loss: float = 0.0  # tolerated, as a share
    resolution: float = 0.005  # of the rate
    tries: int = 1  # of a rate, of which more than half must pass
    most_trials: int = 100

    def passes(self, trial):
        return trial.sent > 0 and trial.loss <= self.loss


@dataclasses.dataclass(frozen=True)
class Outcome:
    """best is the run with the highest rate that passed, or None; limit says what kept it there."""

    best: Trial
    limit: str
    trials: list


def vote(run, asked, rules, trials):
    """Try a rate until more than half of the tries have passed or cannot any more. Return the
    slowest run of those that decided, and whether they passed."""
    decided = {True: [], False: []}
    while True:
        trial = run(asked)
        trials.append(trial)
        passed = rules.passes(trial)
        decided[passed].append(trial)
        enough = rules.tries // 2 + 1 if passed else (rules.tries + 1) // 2
        if len(decided[passed]) >= enough or len(trials) >= rules.most_trials:
            return min(decided[passed], key=lambda t: t.pps), passed


def limit_of(best, top_pps, trials, rules):
    """What kept the best rate where it is, in a word."""
    if best is None:
        return "loss"
    if any(not rules.passes(t) and t.pps > best.pps for t in trials):
        return "router"
    return "top" if best.pps >= OFFERED * top_pps else "generator"


def search(run, top_pps, rules=Rules()):
    """Halve the span between a rate that passed and one that did not until it is small enough.

    run(pps) sends for a while at a rate and returns a Trial. It may send at a lower rate than it
    was asked for; what is concluded is concluded about the rate that was sent. Each round makes
    the span smaller, whatever the trials say, so the search ends.
    """
    low, high, asked = 0.0, top_pps, top_pps
    best, trials = None, []
    while True:
        trial, passed = vote(run, asked, rules, trials)
        if passed:
            if best is None or trial.pps > best.pps:
                best = trial
            low = max(low, asked if trial.offered else trial.pps)
            high = high if trial.offered else min(asked, max(low, BEYOND * trial.pps))
        else:
            # A slow generator's packets were lost at the rate that they had.
            high = trial.pps if low < trial.pps < asked else asked
        lowest = LOWEST * max(t.pps for t in trials)
        if high - low <= rules.resolution * high or (low == 0 and high <= lowest) or \
                len(trials) >= rules.most_trials:
            return Outcome(best, limit_of(best, top_pps, trials, rules), trials)
        asked = (low + high) / 2

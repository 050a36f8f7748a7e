import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from '../../platform/telemetry/log.ts';
import { type DemoMark, saveDemoMark } from '../../store/schema/demo-mark.ts';
import type { Store } from '../../store/schema/tables.ts';
import { hour } from '../story/calendar.ts';
import { company } from '../story/company.ts';
import type { DemoEvent } from '../story/event-list.ts';
import { story } from '../story/plot.ts';
import { Random } from '../story/random.ts';
import { type LiveStep, outcomeOf, pauseBefore, stepsOfChange } from './changes.ts';

export interface PlayerOptions {
  /** The server, without a slash at the end. */
  readonly url: string;
  /** null: the server needs no token. */
  readonly token: string | null;
  readonly db: Store;
  readonly mark: DemoMark;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
}

/** A live change that is not complete. */
interface LiveChange {
  /** When the next step is due. */
  readonly at: number;
  readonly steps: readonly LiveStep[];
}

const tickMs = 500;
/** The most events in one request: after the machine has slept, many are due. */
const batchMax = 1_000;

/**
 * Continues the demo: sends the events of the story when their time comes, and events of live changes. They go to the
 * collector over HTTP, as the events of real senders do.
 */
export class Player {
  readonly #options: PlayerOptions;
  readonly #random: Random;
  readonly #run: string;
  #mark: DemoMark;
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> = Promise.resolve();
  #changes: LiveChange[] = [];
  /** The number of live changes that have begun. */
  #begun = 0;
  #nextChangeAt: number;
  /** Events of the story that are not due yet, in the order of time. */
  #upcoming: readonly DemoEvent[] = [];
  /** {@link #upcoming} has all events of the story up to this time. */
  #upcomingTo: number;

  constructor(options: PlayerOptions) {
    const now = options.now();
    this.#options = options;
    this.#mark = options.mark;
    this.#run = now.toString(36);
    this.#random = new Random(options.mark.seed, 'live', this.#run);
    this.#nextChangeAt = now;
    this.#upcomingTo = options.mark.filledTo ?? now;
  }

  start(waitMs = tickMs): void {
    this.#timer = setTimeout(() => {
      this.#ticking = this.#tickOrWarn().then(nextMs => {
        if (this.#timer) this.start(nextMs);
      });
    }, waitMs);
  }

  /** Sends the remaining steps of the live changes at once, so that none of them stays incomplete. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#ticking;
    const now = this.#options.now();
    const remaining = this.#changes.flatMap(({ steps }) => steps.flatMap(step => step.eventsAt(now)));
    this.#changes = [];
    if (remaining.length > 0) await this.#send(remaining);
  }

  /** @returns the pause before the next tick, in milliseconds */
  async #tickOrWarn(): Promise<number> {
    try {
      await this.#tick();
      return tickMs;
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'a sample event could not be sent; it is tried again');
      return 10 * tickMs;
    }
  }

  async #tick(): Promise<void> {
    const now = this.#options.now();
    if (now >= this.#nextChangeAt) this.#beginChange(now);
    await this.#playChanges(now);
    await this.#playStory(now);
  }

  #beginChange(now: number): void {
    const [first, ...others] = company(this.#mark.services).filter(service => service.habit !== 'direct');
    if (first === undefined) return;
    const service = this.#random.pick([first, ...others]);
    const name = `${service.name}-live-${this.#run}-${this.#begun}`;
    const outcome = outcomeOf(this.#begun, this.#random);
    this.#changes.push({ at: now, steps: stepsOfChange(service, name, outcome, this.#random) });
    this.#nextChangeAt = now + pauseBefore(this.#begun);
    this.#begun += 1;
  }

  async #playChanges(now: number): Promise<void> {
    for (const change of this.#changes.filter(({ at }) => at <= now)) {
      const [step, next, ...rest] = change.steps;
      const others = this.#changes.filter(other => other !== change);
      // Sent before it is removed, so that the next tick repeats a step that could not be sent.
      if (step) await this.#send(step.eventsAt(now));
      this.#changes = next ? [...others, { at: now + next.afterMs, steps: [next, ...rest] }] : others;
    }
  }

  async #playStory(now: number): Promise<void> {
    if (now > this.#upcomingTo) await this.#lookAhead(now);
    const due = this.#upcoming.filter(event => Date.parse(event.time) <= now).slice(0, batchMax);
    const last = due.at(-1);
    if (last === undefined) return;
    await this.#send(due);
    this.#upcoming = this.#upcoming.slice(due.length);
    // Minus 1, because another event of the same millisecond may remain. Repeated events change nothing.
    this.#mark = { ...this.#mark, filledTo: Date.parse(last.time) - 1 };
    await saveDemoMark(this.#options.db, this.#mark);
  }

  async #lookAhead(now: number): Promise<void> {
    const found: DemoEvent[] = [...this.#upcoming];
    for (const chapter of story(this.#mark, this.#upcomingTo, now + hour)) {
      found.push(...chapter);
      await nextTurn(); // the server runs in the same thread
    }
    this.#upcoming = found.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
    this.#upcomingTo = now + hour;
  }

  async #send(events: readonly unknown[]): Promise<void> {
    const { url, token, logger } = this.#options;
    const answer = await fetch(`${url}/v1/events`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(token !== null && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(events),
      signal: AbortSignal.timeout(10_000),
    });
    await answer.arrayBuffer();
    // 400 is expected for the events with the outcome `misspelt`.
    if (answer.status !== 202 && answer.status !== 400)
      throw new Error(`the collector answered ${answer.status}`);
    logger.debug({ status: answer.status, events: events.length }, 'sample events sent');
  }
}

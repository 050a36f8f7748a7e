import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Logger } from '../platform/telemetry/log.ts';
import { type DemoMark, saveDemoMark } from '../store/schema/demo-mark.ts';
import type { Store } from '../store/schema/tables.ts';
import { hour } from './calendar.ts';
import { company } from './company.ts';
import type { DemoEvent } from './diary.ts';
import { type Beat, fateOf, lifeOf, pauseBefore } from './live.ts';
import { Random } from './random.ts';
import { story } from './story.ts';

export interface PlayerOptions {
  /** The server, without a slash at the end. */
  readonly url: string;
  /** null: the server asks for none. */
  readonly token: string | null;
  readonly db: Store;
  readonly mark: DemoMark;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly logger: Logger;
}

interface Due {
  readonly at: number;
  readonly beats: readonly Beat[];
}

const tickMs = 500;
/** After a night's sleep of the machine many are due. */
const batchMax = 1_000;

/**
 * Lets the sample company live on: the story's own events when their time comes, and hurried changes besides, all
 * sent to the collector as anybody would send them.
 */
export class Player {
  readonly #options: PlayerOptions;
  readonly #random: Random;
  readonly #run: string;
  #mark: DemoMark;
  #timer: NodeJS.Timeout | undefined;
  #ticking: Promise<void> = Promise.resolve();
  #lives: Due[] = [];
  #born = 0;
  #nextBirthAt: number;
  #upcoming: readonly DemoEvent[] = [];
  #lookedAheadTo: number;

  constructor(options: PlayerOptions) {
    const now = options.now();
    this.#options = options;
    this.#mark = options.mark;
    this.#run = now.toString(36);
    this.#random = new Random(options.mark.seed, 'live', this.#run);
    this.#nextBirthAt = now;
    this.#lookedAheadTo = options.mark.filledTo ?? now;
  }

  start(waitMs = tickMs): void {
    this.#timer = setTimeout(() => {
      this.#ticking = this.#tickOrWarn().then(nextMs => {
        if (this.#timer) this.start(nextMs);
      });
    }, waitMs);
  }

  /** Ends the hurried changes at once, so that none of them stays half way for ever. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await this.#ticking;
    const now = this.#options.now();
    const left = this.#lives.flatMap(({ beats }) => beats.flatMap(beat => beat.say(now)));
    this.#lives = [];
    if (left.length > 0) await this.#send(left);
  }

  /** @returns how long to wait before the next one */
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
    if (now >= this.#nextBirthAt) this.#bear(now);
    await this.#playLives(now);
    await this.#playStory(now);
  }

  #bear(now: number): void {
    const [first, ...others] = company(this.#mark.services).filter(service => service.habit !== 'direct');
    if (first === undefined) return;
    const service = this.#random.pick([first, ...others]);
    const name = `${service.name}-live-${this.#run}-${this.#born}`;
    const beats = lifeOf(service, name, fateOf(this.#born, this.#random), this.#random);
    this.#lives.push({ at: now, beats });
    this.#nextBirthAt = now + pauseBefore(this.#born);
    this.#born += 1;
  }

  async #playLives(now: number): Promise<void> {
    for (const life of this.#lives.filter(({ at }) => at <= now)) {
      const [beat, next, ...rest] = life.beats;
      const others = this.#lives.filter(other => other !== life);
      // First sent, then forgotten: what could not be sent comes again with the next tick.
      if (beat) await this.#send(beat.say(now));
      this.#lives = next ? [...others, { at: now + next.after, beats: [next, ...rest] }] : others;
    }
  }

  async #playStory(now: number): Promise<void> {
    if (now > this.#lookedAheadTo) await this.#lookAhead(now);
    const due = this.#upcoming.filter(event => Date.parse(event.time) <= now).slice(0, batchMax);
    const last = due.at(-1);
    if (last === undefined) return;
    await this.#send(due);
    this.#upcoming = this.#upcoming.slice(due.length);
    // Another one of the same moment may be left; what is stored twice is left out.
    this.#mark = { ...this.#mark, filledTo: Date.parse(last.time) - 1 };
    await saveDemoMark(this.#options.db, this.#mark);
  }

  async #lookAhead(now: number): Promise<void> {
    const found: DemoEvent[] = [...this.#upcoming];
    for (const chapter of story(this.#mark, this.#lookedAheadTo, now + hour)) {
      found.push(...chapter);
      await nextTurn(); // the server runs in this thread
    }
    this.#upcoming = found.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
    this.#lookedAheadTo = now + hour;
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
    // One of the senders is meant to get its events wrong.
    if (answer.status !== 202 && answer.status !== 400)
      throw new Error(`the collector answered ${answer.status}`);
    logger.debug({ status: answer.status, events: events.length }, 'sample events sent');
  }
}

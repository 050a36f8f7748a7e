import { hour, minute } from './calendar.ts';
import type { DemoService } from './company.ts';
import { type DemoEvent, Diary } from './diary.ts';
import type { Random } from './random.ts';
import { alertBy, flagBy, titleBy } from './words.ts';

/** Something to say, so many milliseconds after what was said before it. */
export interface Beat {
  readonly after: number;
  /** @param at when it is said, in milliseconds since 1970 */
  readonly say: (at: number) => readonly unknown[];
}

/** What may become of a live change; `misspelt`: its sender gets the events wrong, and they are refused. */
export type Fate = 'good' | 'contained' | 'escaped' | 'flag' | 'misspelt';

/** The first ones show all that can happen; then it is as rare as in the story. */
export function fateOf(number: number, random: Random): Fate {
  const opening: readonly Fate[] = ['good', 'contained', 'flag', 'good', 'misspelt'];
  const drawn = random.next();
  const fate: Fate =
    drawn < 0.055
      ? 'contained'
      : drawn < 0.06
        ? 'escaped'
        : drawn < 0.1
          ? 'flag'
          : drawn < 0.12
            ? 'misspelt'
            : 'good';
  return opening[number] ?? fate;
}

/** How long until the next change begins: seconds at first, a minute in the end, so that a long demo stays believable. */
export function pauseBefore(number: number): number {
  return Math.min(60_000, 5_000 + 250 * number);
}

/**
 * A change on its way to its customers, in half a minute. Only its steps are hurried: it was merged hours ago.
 * @param name of its change and its rollout; it must not have been used before
 */
export function lifeOf(service: DemoService, name: string, fate: Fate, random: Random): readonly Beat[] {
  const beat = (seconds: number, write: (diary: Diary, at: number) => void): Beat => ({
    after: seconds * 1_000,
    say: at => {
      const diary = new Diary(service.name, service.team);
      write(diary, at);
      return diary.events satisfies readonly DemoEvent[];
    },
  });
  const rollout = name;
  const change = `${name}-change`;
  const title = titleBy(random);
  const mergedAgo = random.around(1.8 * hour, 0.5);
  const createdAgo = mergedAgo + random.around(4 * hour, 0.6);
  const merged = beat(0, (diary, at) => {
    diary.created(at - createdAgo, { change, title });
    diary.merged(at - mergedAgo, { change, title, risk: random.pick(['low', 'medium', 'high'] as const) });
    diary.exposed(at - Math.min(mergedAgo / 2, 20 * minute), { change, rollout, environment: 'staging' });
  });
  const step = (weight: number, seconds = random.between(3, 6)) =>
    beat(seconds, (diary, at) => diary.exposed(at, { change, rollout, weight, strategy: 'canary' }));
  const told = { incident: `${name}-slo`, rollout, severity: 'page', reason: alertBy(random, service.name) };
  const detected = beat(4, (diary, at) => diary.detected(at, told));
  const resolved = beat(5, (diary, at) => diary.resolved(at, told));
  const rolledBack = (weight: number, cause: 'automatic' | 'manual') =>
    beat(3, (diary, at) => diary.rolledBack(at, { change, rollout, weight, cause, reason: told.reason }));
  switch (fate) {
    case 'good':
      return [merged, step(5), step(25), step(50), step(100)];
    case 'contained':
      return [merged, step(5), step(25), detected, rolledBack(25, 'automatic'), resolved];
    case 'escaped':
      return [merged, step(5), step(50), step(100), detected, rolledBack(100, 'manual'), resolved];
    case 'flag': {
      const flag = flagBy(random, service.name);
      return ['10 %', '50 %', 'on'].map((variant, index) =>
        beat(index * 4, (diary, at) => diary.flagged(at, { flag, variant })),
      );
    }
    case 'misspelt':
      return [{ after: 0, say: () => [{ type: 'change_exposed', service: service.name, chnage: change }] }];
  }
}

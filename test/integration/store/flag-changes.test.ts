import { expect, test } from 'vitest';
import type { SentEvent } from '../../../domain/events/event.ts';
import { identify } from '../../../domain/events/identity.ts';
import { formatTime } from '../../../domain/events/time.ts';
import { countFlagChanges } from '../../../store/read/flag-changes.ts';
import { engines, openTestStore } from '../../support/databases/test-store.ts';
import { now } from '../../support/histories/histories.ts';
import { storeBatch } from '../../support/histories/store.ts';

const day = 86_400_000;

test.each(engines)('on %s flag changes are counted by their time and their service', async engine => {
  const { db, close } = await openTestStore(engine);
  try {
    const flag = (days: number, service?: string): SentEvent => ({
      type: 'flag_changed',
      flag: `f${days}`,
      variant: 'on',
      time: formatTime(now - days * day),
      ...(service !== undefined && { service }),
    });
    const events: SentEvent[] = [
      flag(1, 'checkout'),
      flag(2, 'search'),
      flag(3),
      flag(8, 'checkout'),
      { type: 'change_exposed', service: 'checkout', change: 'c', time: formatTime(now - day) },
    ];
    await storeBatch(
      db,
      events.map(event => identify(event, 'test', now)),
    );
    const count = (services: string[] | null, from = now - 7 * day, to = now) =>
      countFlagChanges(db, { services, from, to });
    expect(await count(null)).toBe(3);
    expect(await count(['checkout'])).toBe(2);
    expect(await count(['checkout', 'search'])).toBe(3);
    expect(await count([])).toBe(1);
    expect(await count(null, now - 2 * day, now - day)).toBe(1);
  } finally {
    await close();
  }
});

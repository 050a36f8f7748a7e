import { describe, expect, test } from 'vitest';
import { Batcher } from '../../../../cli/import-git/batches.ts';
import type { SentEvent } from '../../../../domain/events/event.ts';

describe('batches', () => {
  const event = (id: string): SentEvent => ({ type: 'flag_changed', flag: 'f', id });

  test('hold as many events as the limit allows, one per line', () => {
    const batcher = new Batcher({ events: 2, characters: 10_000 });
    expect(batcher.add(event('1'))).toBeNull();
    expect(batcher.add(event('2'))).toBeNull();
    const batch = batcher.add(event('3'));
    expect(batch?.events).toEqual([event('1'), event('2')]);
    expect(batch?.body).toBe(`${JSON.stringify(event('1'))}\n${JSON.stringify(event('2'))}\n`);
    expect(batcher.take()?.events).toEqual([event('3')]);
    expect(batcher.take()).toBeNull();
  });

  test('hold no more characters than the limit allows, unless a single event is longer', () => {
    const batcher = new Batcher({ events: 100, characters: 60 });
    expect(batcher.add(event('x'.repeat(100)))).toBeNull();
    expect(batcher.add(event('2'))?.events).toHaveLength(1);
  });
});

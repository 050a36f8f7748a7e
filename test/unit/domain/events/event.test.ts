import { describe, expect, test } from 'vitest';
import { eventTypes, rolloutOf } from '../../../../domain/events/event.ts';

test('there are seven types of event', () => {
  expect(eventTypes).toEqual([
    'change_created',
    'change_merged',
    'change_exposed',
    'change_rolled_back',
    'incident_detected',
    'incident_resolved',
    'flag_changed',
  ]);
});

describe('the rollout of an exposure or a rollback', () => {
  const exposed = { type: 'change_exposed', service: 'checkout', id: '1', source: 'ci', time: '' } as const;
  const rolledBack = { ...exposed, type: 'change_rolled_back' } as const;

  test('is its own name, else the change, else the first of the changes, else the artifact', () => {
    const all = { rollout: 'r', change: 'c', changes: ['x', 'y'], artifact: 'a' };
    const { rollout: _rollout, ...unnamed } = all;
    const { change: _change, ...several } = unnamed;
    const { changes: _changes, ...artifact } = several;
    expect(rolloutOf({ ...exposed, ...all })).toBe('r');
    expect(rolloutOf({ ...exposed, ...unnamed })).toBe('c');
    expect(rolloutOf({ ...exposed, ...several })).toBe('x');
    expect(rolloutOf({ ...exposed, ...artifact })).toBe('a');
  });

  test('of a rollback is found in the same way', () => {
    expect(rolloutOf({ ...rolledBack, change: 'c', artifact: 'a' })).toBe('c');
    expect(rolloutOf({ ...rolledBack, artifact: 'a' })).toBe('a');
  });

  test('is an error for an event that was not checked', () => {
    expect(() => rolloutOf(exposed)).toThrow('names no rollout');
  });
});

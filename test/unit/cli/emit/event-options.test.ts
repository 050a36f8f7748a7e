import { describe, expect, test } from 'vitest';
import { fieldOptions } from '../../../../cli/emit/event-options.ts';
import { eventTypes } from '../../../../domain/events/event.ts';

describe('the options of an event', () => {
  test.each(eventTypes)('%s has an option for each of its fields, described by the schema', type => {
    const options = fieldOptions(type);
    expect(options.map(({ field }) => field)).toContain('service');
    for (const { field, option } of options) {
      expect(option.long).toBe(field === 'url' ? '--event-url' : `--${field}`);
      expect(option.description).not.toBe('');
    }
  });

  test('depend on the type of the field: array, boolean or number', () => {
    const flags = Object.fromEntries(
      fieldOptions('change_exposed').map(({ field, option }) => [field, option.flags]),
    );
    expect(flags).toMatchObject({
      drill: '--drill',
      weight: '--weight <number>',
      changes: '--changes <text>',
    });
  });
});

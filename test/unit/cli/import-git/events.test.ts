import { expect, test } from 'vitest';
import { titleOf } from '../../../../cli/import-git/events.ts';

test('a title has no control characters, and at most 200 characters', () => {
  expect(titleOf(' a\u0000b\t\u001bc ')).toBe('a b c');
  expect(titleOf('🚀'.repeat(300))).toBe('🚀'.repeat(200));
});

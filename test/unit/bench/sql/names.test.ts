import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { namedStatements, nearest } from '../../../../bench/sql/names.ts';

describe('the statements of the store', () => {
  const statements = namedStatements();

  test('have a name each that no other has', () => {
    const names = statements.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(30);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test('are listed with their place and a purpose', () => {
    for (const { name, place, purpose } of statements) {
      expect(purpose, name).not.toBe('');
      expect(existsSync(place.replace(/:\d+$/, '')), place).toBe(true);
    }
  });

  test('are found by a name that is nearly right', () => {
    expect(nearest('stream.reed', statements)[0]).toBe('streams.read');
    expect(nearest('carriers', statements)[0]).toBe('change-story.carriers');
  });
});

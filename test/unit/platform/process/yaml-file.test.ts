import { describe, expect, test } from 'vitest';
import { parseYaml } from '../../../../platform/process/yaml-file.ts';

describe('parseYaml', () => {
  test('returns each document, and the line of each value', () => {
    const { documents, faults } = parseYaml('a:\n  b: 1\n  c:\n    - x\n    - y\n---\n\nd: 2\n');
    expect(faults).toEqual([]);
    expect(documents.map(({ value }) => value)).toEqual([{ a: { b: 1, c: ['x', 'y'] } }, { d: 2 }]);
    const [first, second] = documents;
    expect(first?.lineOf(['a'])).toBe(1);
    expect(first?.lineOf(['a', 'b'])).toBe(2);
    expect(first?.lineOf(['a', 'c', 1])).toBe(5);
    expect(second?.lineOf(['d'])).toBe(8);
  });

  test('returns for a missing value the line of its nearest ancestor', () => {
    const { documents } = parseYaml('\na:\n  - b: 1\n');
    expect(documents[0]?.lineOf(['a', 0, 'missing'])).toBe(3);
    expect(documents[0]?.lineOf(['a', 7])).toBe(2);
    expect(documents[0]?.lineOf([])).toBe(2);
  });

  test('reads JSON', () => {
    const { documents } = parseYaml('{\n  "a": [1, null, true]\n}');
    expect(documents.map(({ value }) => value)).toEqual([{ a: [1, null, true] }]);
  });

  test('expands anchors and merge keys', () => {
    const { documents } = parseYaml('base: &base { a: 1 }\nother: { <<: *base, b: 2 }');
    expect(documents[0]?.value).toEqual({ base: { a: 1 }, other: { a: 1, b: 2 } });
  });

  test.each([
    ['a: 1\nb: 2\na: 3\n', 3],
    ['a: 1\nb: [1, 2\n', 3],
  ])('reports the fault in %j on line %i, and no document', (text, line) => {
    const { documents, faults } = parseYaml(text);
    expect(documents).toEqual([]);
    expect(faults.map(fault => fault.line)).toEqual([line]);
    expect(faults[0]?.detail).not.toMatch(/line \d/);
  });

  test('does not expand anchors without limit', () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`)}]`,
    );
    const { documents, faults } = parseYaml(['l0: &l0 [x]', ...levels].join('\n'));
    expect(documents).toEqual([]);
    expect(faults).toHaveLength(1);
  });
});

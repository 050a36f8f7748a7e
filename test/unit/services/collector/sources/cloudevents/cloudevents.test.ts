import { describe, expect, test } from 'vitest';
import { headerText } from '../../../../../../services/collector/sources/cloudevents/cloudevents.ts';

describe('the text of a ce- header', () => {
  test.each([
    ['plain', 'plain'],
    ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['%e2%82%ac', '€'],
    ['100%25', '100%'],
    ['%2541', '%41'],
    ['50%', '50%'],
    ['%zz', '%zz'],
    ['"quoted"', 'quoted'],
    ['"a \\"b\\" \\\\ c"', 'a "b" \\ c'],
    ['"%22"', '"'],
    ['%22a%22', '"a"'],
    ['"open', '"open'],
    ['""', ''],
    // UTF-8 that is not percent-encoded, as Node gives it: one character per byte.
    ['\u00e2\u0082\u00ac', '€'],
  ])('%j is %j', (value, text) => expect(headerText(value)).toBe(text));

  test.each(['%C0%A0', '%ff', 'a%E2%82', '%ED%A0%80', '\u00e9'])('%j is no UTF-8', value =>
    expect(headerText(value)).toBeNull(),
  );
});

import { describe, expect, test } from 'vitest';
import { headerText } from '../../../../../services/collector/sources/cloudevents/cloudevents.ts';
import { formOf } from '../../../../../services/collector/sources/native/events.ts';
import { parseMediaType } from '../../../../../services/collector/sources/parsing/media-type.ts';

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
    // UTF-8 that nobody encoded, as Node hands it on: a character per byte.
    ['\u00e2\u0082\u00ac', '€'],
  ])('%j is %j', (value, text) => expect(headerText(value)).toBe(text));

  test.each(['%C0%A0', '%ff', 'a%E2%82', '%ED%A0%80', '\u00e9'])('%j is no UTF-8', value =>
    expect(headerText(value)).toBeNull(),
  );
});

test('a media type is read without regard to case, its charset utf-8 where none is named', () => {
  expect(parseMediaType('Application/JSON')).toEqual({ essence: 'application/json', charset: 'utf-8' });
  expect(parseMediaType('text/plain; a=b; CHARSET="ISO-8859-1"')).toEqual({
    essence: 'text/plain',
    charset: 'iso-8859-1',
  });
  expect(parseMediaType('json')).toBeNull();
});

describe('the form of a request', () => {
  const ce = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/s', 'ce-type': 't' };
  test.each([
    [{ 'content-type': 'application/json' }, 'json'],
    [{ 'content-type': 'application/x-ndjson; charset=utf-8' }, 'ndjson'],
    [{ 'content-type': 'application/cloudevents+json' }, 'cloudevents'],
    [{ 'content-type': 'application/cloudevents-batch+json' }, 'cloudevents-batch'],
    [{ 'content-type': 'application/json', ...ce }, 'cloudevents-binary'],
    [{ 'content-type': 'application/vnd.shop+json', ...ce }, 'cloudevents-binary'],
    [{ ...ce }, 'cloudevents-binary'],
    [{ 'content-type': 'application/cloudevents+json', ...ce }, 'cloudevents'],
    [{ 'content-type': 'application/json', 'content-encoding': 'Identity' }, 'json'],
  ])('%j is %s', (headers, form) => expect(formOf(headers)).toBe(form));

  test.each([
    [{}],
    [{ 'content-type': 'application/vnd.shop+json' }],
    [{ 'content-type': 'application/cloudevents-batch' }],
    [{ 'content-type': 'application/cloudevents-batched+json' }],
    [{ 'content-type': 'application/cloudevents+avro', ...ce }],
    [{ 'content-type': 'text/xml', ...ce }],
    [{ 'content-type': 'application/json; charset=utf-16' }],
    [{ 'content-type': 'application/json', 'content-encoding': 'br' }],
  ])('%j is none, and the sender is told what to send', headers => {
    expect(() => formOf(headers)).toThrow(/send /);
  });
});

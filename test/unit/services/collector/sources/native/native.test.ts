import { describe, expect, test } from 'vitest';
import { formOf } from '../../../../../../services/collector/sources/native/native.ts';

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
  ])('%j is unsupported, and the answer says what to send', headers => {
    expect(() => formOf(headers)).toThrow(/send /);
  });
});

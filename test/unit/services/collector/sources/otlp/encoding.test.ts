import { gzipSync } from 'node:zlib';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Refusal } from '../../../../../../services/collector/refusal.ts';
import { readRecords } from '../../../../../../services/collector/sources/otlp/encoding.ts';
import { runs } from '../../../../../support/run/properties.ts';

const json = { 'content-type': 'application/json' };
const protobuf = { 'content-type': 'application/x-protobuf' };
const bytesMax = 1_000_000;

const record: ReadableLogRecord = {
  hrTime: [1_777_887_000, 345_000_000],
  hrTimeObserved: [1_777_887_001, 0],
  severityNumber: 9,
  eventName: 'feature_flag.evaluation',
  body: { value: 'true', count: 5, nested: { deep: 1 } },
  attributes: { text: 'ä€😀', truth: false, whole: -5, huge: 2 ** 52, part: 1.5, list: ['x'] },
  resource: resourceFromAttributes({ 'service.name': 'checkout' }),
  instrumentationScope: { name: 'test' },
  droppedAttributesCount: 0,
};
const asJson = JsonLogsSerializer.serializeRequest([record, record]) ?? new Uint8Array();
const asProtobuf = ProtobufLogsSerializer.serializeRequest([record, record]) ?? new Uint8Array();

describe('the records of a request', () => {
  test('are the same in JSON and in protobuf, compressed or not', async () => {
    const records = await readRecords(json, asJson, bytesMax);
    expect(records).toHaveLength(2);
    expect(records[1]).toMatchObject({ eventName: 'feature_flag.evaluation', at: 1_777_887_000_345 });
    expect(records[1]?.resource.get('service.name')).toBe('checkout');
    expect(Object.fromEntries(records[1]?.attributes ?? [])).toMatchObject({
      text: 'ä€😀',
      truth: false,
      part: 1.5,
    });
    const texts = (from: typeof records) =>
      from.map(each =>
        [each.attributes, each.body].map(attributes =>
          [...attributes].map(([key, value]) => `${key} ${value}`),
        ),
      );
    for (const [headers, body] of [
      [protobuf, asProtobuf],
      [{ ...protobuf, 'content-encoding': 'gzip' }, gzipSync(asProtobuf)],
      [{ ...json, 'content-encoding': 'GZIP' }, gzipSync(asJson)],
    ] as const)
      expect(texts(await readRecords(headers, body, bytesMax))).toEqual(texts(records));
  });

  test('are an empty list for an empty message', async () =>
    expect(await readRecords(protobuf, new Uint8Array(), 1)).toEqual([]));
});

describe('any body', () => {
  const refusedOrRead = async (headers: Record<string, string>, body: Uint8Array) => {
    try {
      await readRecords(headers, body, bytesMax);
    } catch (error) {
      expect(error).toBeInstanceOf(Refusal);
    }
  };

  test('is read or refused', () =>
    fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(asProtobuf.length),
        fc.constantFrom<Record<string, string>>(protobuf, json, { ...protobuf, 'content-encoding': 'gzip' }),
        async (bytes, position, headers) => {
          await refusedOrRead(headers, bytes);
          await refusedOrRead(
            headers,
            Buffer.concat([asProtobuf.slice(0, position), bytes, asProtobuf.slice(position)]),
          );
        },
      ),
      { numRuns: runs(300) },
    ));

  test('may be nested deeply without stopping the process', async () => {
    await refusedOrRead(json, Buffer.from(`{"resourceLogs":${'['.repeat(400_000)}${']'.repeat(400_000)}}`));
    let nested: Uint8Array = new Uint8Array();
    for (let depth = 0; depth < 3_000; depth++)
      nested = Buffer.concat([Buffer.from([0x0a]), lengthOf(nested), nested]);
    await refusedOrRead(protobuf, nested);
  });

  test('that is small and decompresses to a large one is refused', () =>
    expect(
      readRecords({ ...json, 'content-encoding': 'gzip' }, gzipSync(Buffer.alloc(10_000_000)), bytesMax),
    ).rejects.toThrow(/larger than 1000000 bytes/));
});

/** A number in protobuf: seven bits per byte, the lowest first. */
function lengthOf({ length }: Uint8Array): Uint8Array {
  const bytes: number[] = [];
  let rest = length;
  for (; rest > 127; rest >>= 7) bytes.push((rest & 127) | 128);
  return Uint8Array.from([...bytes, rest]);
}

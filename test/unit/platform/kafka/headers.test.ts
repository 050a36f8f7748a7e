import type { KafkaMessage } from 'kafkajs';
import { expect, test } from 'vitest';
import { textHeader, textHeaders } from '../../../../platform/kafka/headers.ts';

const message: KafkaMessage = {
  key: null,
  value: null,
  timestamp: '0',
  attributes: 0,
  offset: '0',
  headers: { ce_id: Buffer.from('7'), repeated: [Buffer.from('first'), 'last'], absent: undefined },
};

test('a header is text, and the last one if it is repeated', () => {
  expect(textHeader(message, 'ce_id')).toBe('7');
  expect(textHeader(message, 'repeated')).toBe('last');
  expect(textHeader(message, 'absent')).toBeUndefined();
  expect(textHeader(message, 'other')).toBeUndefined();
});

test('all headers are read, except those without a value', () => {
  expect(textHeaders(message)).toEqual({ ce_id: '7', repeated: 'last' });
});

import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Refusal } from '../../routes/refusal.ts';
import { isUtf8, parseMediaType } from '../parsing/media-type.ts';
import { jsonOf } from '../parsing/text.ts';
import { type LogRecord, NotLogs, recordsOf } from './log-record.ts';
import { decodeRequest, encode } from './protobuf.ts';

/** How a request is written, and so its answer. */
export type Encoding = 'json' | 'protobuf';

export const mediaTypes: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  protobuf: 'application/x-protobuf',
};

/** null for what is not taken here. */
export function encodingOf(headers: IncomingHttpHeaders): Encoding | null {
  const type = parseMediaType(headers['content-type'] ?? '');
  if (type?.essence === mediaTypes.protobuf) return 'protobuf';
  return type?.essence === mediaTypes.json && isUtf8(type) ? 'json' : null;
}

/** @throws {Refusal} 415 when the request is written, or packed, in a way that is not taken here */
export function checkEncoding(headers: IncomingHttpHeaders): void {
  if (encodingOf(headers) === null)
    throw new Refusal('unsupported', `Send ${mediaTypes.protobuf}, or ${mediaTypes.json} in UTF-8.`);
  const packed = packingOf(headers);
  if (packed !== 'gzip' && packed !== 'identity')
    throw new Refusal('unsupported', 'Send the body as it is, or with Content-Encoding gzip.');
}

/**
 * The log records of a request that {@link checkEncoding} let through.
 * @param bytesMax largest body once it is unpacked
 * @throws {Refusal} 400 when the body is no export request, 413 when it is too large
 */
export async function readRecords(
  headers: IncomingHttpHeaders,
  body: Uint8Array,
  bytesMax: number,
): Promise<LogRecord[]> {
  const bytes = packingOf(headers) === 'gzip' ? await unpacked(body, bytesMax) : body;
  try {
    return recordsOf(encodingOf(headers) === 'json' ? jsonOf(bytes) : decodeRequest(bytes));
  } catch (error) {
    throw error instanceof NotLogs ? new Refusal('invalid', error.message) : error;
  }
}

/** What is answered: an `ExportLogsServiceResponse`, or a `google.rpc.Status`. */
export function writeAnswer(
  encoding: Encoding,
  type: 'ExportLogsServiceResponse' | 'Status',
  message: object,
): Buffer {
  return Buffer.from(encoding === 'json' ? JSON.stringify(message) : encode(type, message));
}

function packingOf(headers: IncomingHttpHeaders): string {
  return headers['content-encoding']?.trim().toLowerCase() || 'identity';
}

async function unpacked(body: Uint8Array, bytesMax: number): Promise<Uint8Array> {
  try {
    return await promisify(gunzip)(body, { maxOutputLength: bytesMax });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
      throw new Refusal(
        'too_large',
        `Unpacked, the body is larger than ${bytesMax} bytes; send less at once.`,
      );
    throw new Refusal('invalid', 'The body is not gzip, though Content-Encoding says so.');
  }
}

import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { Refusal } from '../../refusal.ts';
import { isUtf8, jsonOf, parseMediaType } from '../parsing/body.ts';
import { type LogRecord, NotLogs, recordsOf } from './log-record.ts';
import { decodeRequest, encode } from './protobuf.ts';

/** The encoding of a request and of its answer. */
export type Encoding = 'json' | 'protobuf';

export const mediaTypes: Readonly<Record<Encoding, string>> = {
  json: 'application/json',
  protobuf: 'application/x-protobuf',
};

/** null if the media type is not supported. */
export function encodingOf(headers: IncomingHttpHeaders): Encoding | null {
  const type = parseMediaType(headers['content-type'] ?? '');
  if (type?.essence === mediaTypes.protobuf) return 'protobuf';
  return type?.essence === mediaTypes.json && isUtf8(type) ? 'json' : null;
}

/** @throws {Refusal} 415 if the encoding or the compression of the request is not supported */
export function checkEncoding(headers: IncomingHttpHeaders): void {
  if (encodingOf(headers) === null)
    throw new Refusal('unsupported', `Send ${mediaTypes.protobuf}, or ${mediaTypes.json} in UTF-8.`);
  const compression = compressionOf(headers);
  if (compression !== 'gzip' && compression !== 'identity')
    throw new Refusal('unsupported', 'Send the body as it is, or with Content-Encoding gzip.');
}

/**
 * The log records of a request that passed {@link checkEncoding}.
 * @param bytesMax maximum size of the decompressed body
 * @throws {Refusal} 400 if the body is no export request, 413 if it is too large
 */
export async function readRecords(
  headers: IncomingHttpHeaders,
  body: Uint8Array,
  bytesMax: number,
): Promise<LogRecord[]> {
  const bytes = compressionOf(headers) === 'gzip' ? await decompress(body, bytesMax) : body;
  try {
    return recordsOf(encodingOf(headers) === 'json' ? jsonOf(bytes) : decodeRequest(bytes));
  } catch (error) {
    throw error instanceof NotLogs ? new Refusal('invalid', error.message) : error;
  }
}

/** Encodes an answer: an `ExportLogsServiceResponse`, or a `google.rpc.Status`. */
export function writeAnswer(
  encoding: Encoding,
  type: 'ExportLogsServiceResponse' | 'Status',
  message: object,
): Buffer {
  return Buffer.from(encoding === 'json' ? JSON.stringify(message) : encode(type, message));
}

function compressionOf(headers: IncomingHttpHeaders): string {
  return headers['content-encoding']?.trim().toLowerCase() || 'identity';
}

async function decompress(body: Uint8Array, bytesMax: number): Promise<Uint8Array> {
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

import { type ArrayType, arrayTypes } from '../../platform/database/binary-array.ts';

/** The text of a statement with its parameters in place, ready for psql. */
export function withLiterals(text: string, parameters: readonly unknown[]): string {
  // A quoted text of the statement may look like a parameter.
  return text.replace(/'(?:[^']|'')*'|\$(\d+)/g, (found, number?: string) =>
    number === undefined ? found : literalOf(parameters[Number(number) - 1]),
  );
}

/** A parameter as PostgreSQL's SQL has it. A cast that follows it in the statement still applies. */
export function literalOf(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return value < 0 ? quoted(String(value)) : String(value);
  if (value instanceof Uint8Array) {
    const array = arrayText(value);
    return quoted(array ?? `\\x${Buffer.from(value).toString('hex')}`);
  }
  if (Array.isArray(value)) return quoted(`{${value.map(elementText).join(',')}}`);
  return quoted(String(value));
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;

function elementText(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value !== 'string') return String(value);
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

const elementTypes = new Map(
  Object.entries(arrayTypes).map(([type, { element }]) => [element as number, type as ArrayType]),
);

/**
 * The text of an array in the binary format of `platform/database/binary-array.ts`; null: these bytes are no such array.
 * @see https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/arrayfuncs.c `array_recv`
 */
function arrayText(bytes: Uint8Array): string | null {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 12 || buffer.readInt32BE(0) > 1) return null;
  const type = elementTypes.get(buffer.readInt32BE(8));
  if (type === undefined) return null;
  if (buffer.readInt32BE(0) === 0) return '{}';
  const elements: string[] = [];
  for (let at = 20; at < buffer.length; ) {
    const length = buffer.readInt32BE(at);
    at += 4;
    elements.push(
      elementText(length === -1 ? null : readElement[type](buffer.subarray(at, at + Math.max(0, length)))),
    );
    at += Math.max(0, length);
  }
  return `{${elements.join(',')}}`;
}

const readElement: Readonly<Record<ArrayType, (bytes: Buffer) => unknown>> = {
  bigint: bytes => bytes.readBigInt64BE(),
  integer: bytes => bytes.readInt32BE(),
  smallint: bytes => bytes.readInt16BE(),
  boolean: bytes => bytes[0] === 1,
  'double precision': bytes => bytes.readDoubleBE(),
  text: bytes => bytes.toString('utf8'),
  json: bytes => bytes.toString('utf8'),
  bytea: bytes => `\\x${bytes.toString('hex')}`,
  uuid: bytes => bytes.toString('hex'),
};

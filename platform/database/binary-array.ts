/**
 * Array parameters in PostgreSQL's binary format. Client and server write and read it in a fraction of the time of
 * the text format, which has quotes, escapes and decimal digits.
 * @see https://github.com/postgres/postgres/blob/master/src/backend/utils/adt/arrayfuncs.c `array_recv`
 */

/** The supported element types, with the object ids of the element and of the array. */
export const arrayTypes = {
  bigint: { element: 20, array: 1016 },
  integer: { element: 23, array: 1007 },
  smallint: { element: 21, array: 1005 },
  boolean: { element: 16, array: 1000 },
  'double precision': { element: 701, array: 1022 },
  text: { element: 25, array: 1009 },
  json: { element: 114, array: 199 },
  /** The value is a string of lower-case hex digits. */
  bytea: { element: 17, array: 1001 },
  /** The value is a string of 32 hex digits. */
  uuid: { element: 2950, array: 2951 },
} as const;

export type ArrayType = keyof typeof arrayTypes;

/** The object ids of the array types. */
export const arrayTypeIds: readonly number[] = Object.values(arrayTypes).map(type => type.array);

const headerBytes = 20;

/**
 * A one-dimensional array as a parameter. The statement must name its type: `$1::bigint[]`.
 * @param values strings for `text`, `json`, `bytea` and `uuid` (hex digits), else numbers or booleans; null is NULL
 * @throws {RangeError} when a value of a whole-number type is not a whole number or does not fit
 */
export function binaryArray(type: ArrayType, values: readonly unknown[]): Buffer {
  const { element } = arrayTypes[type];
  if (values.length === 0) return header(Buffer.alloc(12), 0, element, 0);
  const size = sizeOf[type];
  let bytes = headerBytes;
  for (const value of values) bytes += 4 + (isNull(value) ? 0 : size(value));
  const buffer = header(Buffer.allocUnsafe(bytes), 1, element, values.length);
  const write = writeOf[type];
  let at = headerBytes;
  let holdsNull = false;
  for (const value of values) {
    if (isNull(value)) {
      holdsNull = true;
      at = buffer.writeInt32BE(-1, at);
      continue;
    }
    const end = write(buffer, value, at + 4);
    buffer.writeInt32BE(end - at - 4, at);
    at = end;
  }
  if (holdsNull) buffer.writeInt32BE(1, 4);
  return buffer;
}

const isNull = (value: unknown) => value === null || value === undefined;

function header(buffer: Buffer, dimensions: number, element: number, length: number): Buffer {
  buffer.writeInt32BE(dimensions, 0);
  buffer.writeInt32BE(0, 4);
  buffer.writeInt32BE(element, 8);
  if (dimensions === 0) return buffer;
  buffer.writeInt32BE(length, 12);
  buffer.writeInt32BE(1, 16); // the index of the first element
  return buffer;
}

const textSize = (value: unknown) => Buffer.byteLength(value as string);

const sizeOf: Readonly<Record<ArrayType, (value: unknown) => number>> = {
  bigint: () => 8,
  integer: () => 4,
  smallint: () => 2,
  boolean: () => 1,
  'double precision': () => 8,
  text: textSize,
  json: textSize,
  bytea: value => (value as string).length / 2,
  uuid: () => 16,
};

/** Writes one element at `at`; returns where it ends. */
type Write = (buffer: Buffer, value: unknown, at: number) => number;

const writeText: Write = (buffer, value, at) => at + buffer.write(value as string, at, 'utf8');
const writeHex: Write = (buffer, value, at) => at + buffer.write(value as string, at, 'hex');

const writeOf: Readonly<Record<ArrayType, Write>> = {
  bigint: (buffer, value, at) => {
    const number = value as number;
    if (!Number.isSafeInteger(number)) throw new RangeError(`${number} is no whole number within 2^53`);
    const high = Math.floor(number / 2 ** 32);
    buffer.writeInt32BE(high, at);
    return buffer.writeUInt32BE(number - high * 2 ** 32, at + 4);
  },
  integer: (buffer, value, at) => buffer.writeInt32BE(wholeNumber(value), at),
  smallint: (buffer, value, at) => buffer.writeInt16BE(wholeNumber(value), at),
  boolean: (buffer, value, at) => buffer.writeUInt8(value === true ? 1 : 0, at),
  'double precision': (buffer, value, at) => buffer.writeDoubleBE(value as number, at),
  text: writeText,
  json: writeText,
  bytea: writeHex,
  uuid: writeHex,
};

function wholeNumber(value: unknown): number {
  if (!Number.isInteger(value)) throw new RangeError(`${value} is no whole number`);
  return value as number;
}

/**
 * The JavaScript values of PostgreSQL's columns, the same with both drivers: `int8` becomes a number; dates and
 * timestamps stay the text that PostgreSQL prints, because a Date has another time zone and precision.
 * The numbers are the object ids of PostgreSQL's built-in types.
 * @see https://github.com/postgres/postgres/blob/master/src/include/catalog/pg_type.dat
 */
export const int8 = 20;
const date = 1082;
const timestamp = 1114;
const timestamptz = 1184;

/** Parses an `int8`. @throws {RangeError} when a number cannot hold it exactly (beyond 2^53) */
export function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw new RangeError(
      `the int8 ${text} is beyond 2^53 and has no exact number: cast it to text in the query`,
    );
  return value;
}

const keepText = (text: string) => text;

/** Parsers of the text format, by the type's object id. */
export const columnParsers: Readonly<Record<number, (text: string) => unknown>> = {
  [int8]: parseInt8,
  [date]: keepText,
  [timestamp]: keepText,
  [timestamptz]: keepText,
};

/** The element type of each array type of the above; both are object ids. */
export const arrayElements: Readonly<Record<number, number>> = {
  1016: int8,
  1182: date,
  1115: timestamp,
  1185: timestamptz,
};

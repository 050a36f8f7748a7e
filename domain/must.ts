/**
 * A value that has to be there, such as a lookup's answer.
 * @param what names what is missing, for the error
 * @throws {Error} where it is null or undefined
 */
export function must<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`there is no ${what}`);
  return value;
}

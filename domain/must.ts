/**
 * A value that has to be there.
 * @param what names what is missing, for the error
 * @throws {Error} where it is null or undefined
 */
export function must<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`there is no ${what}`);
  return value;
}

/**
 * The value of a key that has to be in the map.
 * @param what names what the map holds, for the error
 * @throws {Error} where the key is not in it
 */
export function mustGet<K, V>(map: ReadonlyMap<K, V>, key: K, what: string): V {
  const value = map.get(key);
  if (value === undefined) throw new Error(`there is no ${what} for ${JSON.stringify(key)}`);
  return value;
}

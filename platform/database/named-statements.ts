import { hash } from 'node:crypto';
import { Client } from 'pg';

/** Statements that a process names at most: beyond that many, texts are not of our making but put together. */
export const namesMax = 1_000;
const names = new Map<string, string>();

/**
 * A connection that gives each statement with parameters a name, so that PostgreSQL reads and plans it once and not
 * whenever it runs: of a small transaction that is most of the work. A proxy between must know of it (PgBouncer 1.21
 * or newer, in transaction mode).
 */
export class NamingClient extends Client {
  // biome-ignore lint/suspicious/noExplicitAny: pg declares a dozen forms of it, all but one of which pass through
  override query(...args: any[]): any {
    const [text, values, ...others] = args;
    const name =
      typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : undefined;
    // biome-ignore lint/suspicious/noExplicitAny: see above
    const query = super.query as (...args: any[]) => unknown;
    return name === undefined ? query.apply(this, args) : query.call(this, { name, text, values }, ...others);
  }
}

/** PostgreSQL cuts names after 63 bytes. */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= namesMax) return known;
  const name = `firstlight_${hash('sha256', text).slice(0, 32)}`;
  names.set(text, name);
  return name;
}

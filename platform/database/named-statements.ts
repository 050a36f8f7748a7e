import { hash } from 'node:crypto';
import { Client } from 'pg';

/** Further statements get no name. A process sends far fewer different texts, unless they are assembled at run time. */
export const namesMax = 1_000;
const names = new Map<string, string>();

/**
 * A connection that gives each statement with parameters a name, so that PostgreSQL parses and plans it once instead
 * of each time it runs; that is most of the work of a small transaction. A proxy in between must support prepared
 * statements (PgBouncer 1.21 or newer, in transaction mode).
 */
export class NamingClient extends Client {}

// Assigned, not overridden: the overloads of pg's `query` cannot be declared again without `any`.
const query = Client.prototype.query as (this: Client, ...args: unknown[]) => unknown;
NamingClient.prototype.query = function (this: Client, ...args: unknown[]) {
  const [text, values, ...others] = args;
  const name =
    typeof text === 'string' && Array.isArray(values) && values.length > 0 ? nameOf(text) : undefined;
  return name === undefined ? query.apply(this, args) : query.call(this, { name, text, values }, ...others);
} as typeof Client.prototype.query;

/** A name from the hash of the text: PostgreSQL cuts names after 63 bytes. */
function nameOf(text: string): string | undefined {
  const known = names.get(text);
  if (known !== undefined || names.size >= namesMax) return known;
  const name = `firstlight_${hash('sha256', text).slice(0, 32)}`;
  names.set(text, name);
  return name;
}

/**
 * What an error of the database means for who asked, for both drivers.
 * The five-character codes are PostgreSQL's SQLSTATEs.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */

/** Connection exceptions (08), out of disk, memory or connections (53), errors of the system itself (58). */
const awayClasses = new Set(['08', '53', '58']);

const awayCodes = new Set([
  '57014', // query_canceled: the statement timeout is all that cancels here
  '57P01', // admin_shutdown
  '57P02', // crash_shutdown
  '57P03', // cannot_connect_now
  '57P05', // idle_session_timeout
  '25P03', // idle_in_transaction_session_timeout
  '25006', // read_only_sql_transaction: the server became a standby
  '55P03', // lock_not_available: the lock timeout
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** pg and PGlite give no code to what they notice themselves. */
const awayMessages = [
  /^Connection terminated/,
  /^timeout exceeded when trying to connect$/,
  /^timeout expired$/,
  /^Query read timeout$/,
  /is not queryable$/,
  /^Cannot use a pool after calling end on the pool$/,
  /^PGlite is clos(?:ed|ing)$/,
  /^PGlite instance is already closed/,
  /^driver has already been destroyed$/,
];

const retryableCodes = new Set([
  '40001', // serialization_failure
  '40P01', // deadlock_detected
]);

/**
 * True when the database cannot work now: it is down, restarting, unreachable, full or too slow. Nothing is
 * wrong with the statement; the same one may succeed later. Whether a COMMIT that failed so took effect is unknown.
 */
export function isAway(error: unknown): boolean {
  return chain(error).some(each => {
    const code = codeOf(each);
    if (code !== null) return awayCodes.has(code) || (code.length === 5 && awayClasses.has(code.slice(0, 2)));
    return awayMessages.some(message => message.test(each.message));
  });
}

/** True when the transaction lost against another one and was rolled back: run it again from its beginning. */
export function isRetryable(error: unknown): boolean {
  return chain(error).some(each => retryableCodes.has(codeOf(each) ?? ''));
}

/**
 * True when the data of the statement are at fault, so that it would fail for ever: data exceptions (22),
 * broken constraints (23), more than PostgreSQL can hold (54).
 */
export function isOfTheData(error: unknown): boolean {
  return chain(error).some(each => /^(22|23|54)...$/.test(codeOf(each) ?? ''));
}

/** The error and what caused it. */
function chain(error: unknown): Error[] {
  const errors: Error[] = [];
  for (let each = error; each instanceof Error && !errors.includes(each); each = each.cause)
    errors.push(each);
  return errors;
}

function codeOf(error: Error): string | null {
  return 'code' in error && typeof error.code === 'string' ? error.code : null;
}

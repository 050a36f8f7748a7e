/**
 * Classifies the errors of both database drivers by what the caller can do.
 * The five-character codes are PostgreSQL's SQLSTATEs.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */

/** Connection exceptions (08); no disk space, memory or connections left (53); system errors (58). */
const awayClasses = new Set(['08', '53', '58']);

const awayCodes = new Set([
  '57014', // query_canceled: in Firstlight only the statement timeout cancels a query
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

/** Errors that pg and PGlite raise themselves have no code. */
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
 * Whether the database is unavailable: down, restarting, unreachable, full or too slow. The same statement may
 * succeed later. A COMMIT that fails in this way may or may not have taken effect.
 */
export function isUnavailable(error: unknown): boolean {
  return chain(error).some(each => {
    const code = codeOf(each);
    if (code !== null) return awayCodes.has(code) || (code.length === 5 && awayClasses.has(code.slice(0, 2)));
    return awayMessages.some(message => message.test(each.message));
  });
}

/** Whether the transaction was rolled back because of a concurrent one; the whole transaction can be repeated. */
export function isRetryable(error: unknown): boolean {
  return chain(error).some(each => retryableCodes.has(codeOf(each) ?? ''));
}

/**
 * Whether the data of the statement cause the error, so that every retry would fail: data exceptions (22),
 * violated constraints (23), exceeded limits of PostgreSQL (54).
 */
export function isDataError(error: unknown): boolean {
  return chain(error).some(each => /^(22|23|54)...$/.test(codeOf(each) ?? ''));
}

/** The error, its cause, the cause of that, and so on. */
function chain(error: unknown): Error[] {
  const errors: Error[] = [];
  for (let each = error; each instanceof Error && !errors.includes(each); each = each.cause)
    errors.push(each);
  return errors;
}

function codeOf(error: Error): string | null {
  return 'code' in error && typeof error.code === 'string' ? error.code : null;
}

import { inSharedSpan, type Span, type TraceContext, type Tracing } from './spans.ts';

export interface TransactionSpanOptions {
  /** The traces whose work the transaction does. */
  readonly origins: readonly TraceContext[];
  /** How many items it stores. */
  readonly items: number;
}

/**
 * Does `work`, one transaction of PostgreSQL, within a span of the operation's name, such as `record`: child of
 * the first sampled origin, with links to the others. `work` is given null where there is none.
 * @see https://opentelemetry.io/docs/specs/semconv/db/postgresql/
 */
export function inTransactionSpan<T>(
  tracing: Tracing | null,
  operation: string,
  { origins, items }: TransactionSpanOptions,
  work: (span: Span | null) => Promise<T>,
): Promise<T> {
  const attributes = {
    'db.system.name': 'postgresql',
    'db.operation.name': operation,
    ...(items > 1 ? { 'db.operation.batch.size': items } : {}),
  };
  return inSharedSpan(tracing, operation, { kind: 'client', origins, attributes }, work);
}

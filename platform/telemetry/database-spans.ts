import { inSharedSpan, type Span, type TraceContext, type Tracing } from './spans.ts';

export interface TransactionSpanOptions {
  /** The contexts of the traces that the transaction works for. */
  readonly origins: readonly TraceContext[];
  /** The number of items that the transaction stores. */
  readonly items: number;
}

/**
 * Runs `work`, one PostgreSQL transaction, within a span that is named after the operation, such as `record`. The
 * span is a child of the first sampled origin, with links to the others. `work` receives null when there is no span.
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

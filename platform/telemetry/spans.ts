import type { Attributes, Context } from '@opentelemetry/api';

/** A position in a trace, which a child span or another process continues. Only {@link Tracing} makes and reads it. */
export type TraceContext = Context;

type HeaderValue = string | Buffer | readonly (string | Buffer)[];
/** What carries a context from process to process: HTTP headers, Kafka headers, or a plain object of strings. */
export type Carrier = Readonly<Record<string, HeaderValue | undefined>>;

export interface SpanOptions {
  /** Default `internal`. */
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** Absent or null: the span begins a new trace. */
  readonly parent?: TraceContext | null;
  readonly links?: readonly TraceContext[];
  /** By the names of the semantic conventions. An undefined value is left out. */
  readonly attributes?: Attributes;
}

/** A span that has begun. */
export interface Span {
  /** The parent for spans within this one. */
  readonly context: TraceContext;
  set(attributes: Attributes): void;
  /** Marks the span as failed. `type` is one of a small set of values: a status code, or a class of error. */
  fail(type: string): void;
  /** Ends the span; an error marks it as failed. Later calls do nothing. */
  end(error?: unknown): void;
}

/** Creates spans and passes their contexts on. It exists only where tracing is switched on. */
export interface Tracing {
  /** The context that a request or a message carries; null when it carries none. */
  contextOf(carrier: Carrier): TraceContext | null;
  /** The headers with which another process continues the trace: `traceparent` and, if there is one, `tracestate`. */
  carrierOf(context: TraceContext): Record<string, string>;
  /** A text that identifies a context: equal contexts from different carriers have the same text. */
  idOf(context: TraceContext): string;
  /** Whether the spans of this trace are exported. */
  isSampled(context: TraceContext): boolean;
  /** Begins a span; null when its trace is not sampled. The caller ends it. */
  startSpan(name: string, options: SpanOptions): Span | null;
}

/**
 * Runs `work` within a span and ends the span afterwards; an error of `work` marks it as failed.
 * `work` receives null when there is no span.
 */
export async function inSpan<T>(
  tracing: Tracing | null,
  name: string,
  options: SpanOptions,
  work: (span: Span | null) => Promise<T>,
): Promise<T> {
  return runWithin(tracing?.startSpan(name, options) ?? null, work);
}

/** A span of work that is done for many traces at once. */
export interface SharedSpanOptions extends Pick<SpanOptions, 'kind' | 'attributes'> {
  /** The contexts of the traces that the work is done for. */
  readonly origins: readonly TraceContext[];
}

/** Further origins are left out: a span holds at most 128 links by default. */
const originsMax = 100;

/** Begins a span as child of the first sampled origin, with links to the others; null without a sampled origin. */
export function startSharedSpan(
  tracing: Tracing | null,
  name: string,
  { origins, ...options }: SharedSpanOptions,
): Span | null {
  if (tracing === null || origins.length === 0) return null;
  const [parent, ...links] = origins.filter(origin => tracing.isSampled(origin)).slice(0, originsMax);
  return parent === undefined ? null : tracing.startSpan(name, { ...options, parent, links });
}

/** Runs `work` within a span of {@link startSharedSpan}, as {@link inSpan} does. */
export async function inSharedSpan<T>(
  tracing: Tracing | null,
  name: string,
  options: SharedSpanOptions,
  work: (span: Span | null) => Promise<T>,
): Promise<T> {
  return runWithin(startSharedSpan(tracing, name, options), work);
}

async function runWithin<T>(span: Span | null, work: (span: Span | null) => Promise<T>): Promise<T> {
  if (span === null) return work(null);
  try {
    const result = await work(span);
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

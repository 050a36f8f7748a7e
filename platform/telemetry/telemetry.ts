import type { Attributes, Context } from '@opentelemetry/api';
import { ConfigError, type Environment } from '../process/config.ts';
import type { Logger } from './log.ts';

/** A place in a trace, to be passed on: made by {@link Tracing}, opaque to everybody else. */
export type TraceContext = Context;

type HeaderValue = string | Buffer | readonly (string | Buffer)[];
/** What carries a context from process to process: HTTP headers, Kafka headers, or a plain object of strings. */
export type Carrier = Readonly<Record<string, HeaderValue | undefined>>;

export interface SpanOptions {
  /** Default `internal`. */
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** Absent or null: the span begins a trace of its own. */
  readonly parent?: TraceContext | null;
  readonly links?: readonly TraceContext[];
  /** By the names of the semantic conventions; what is undefined is left out. */
  readonly attributes?: Attributes;
}

/** A span that has begun. */
export interface Span {
  /** The parent of what happens within it. */
  readonly context: TraceContext;
  set(attributes: Attributes): void;
  /** Marks it as failed, for a reason that is one of a few: a status code, a class of error. */
  fail(type: string): void;
  /** Ends it; given an error, as failed because of it. Only the first call counts. */
  end(error?: unknown): void;
}

/** Traces, where they are switched on. */
export interface Tracing {
  /** The context that came with a request or a message; null when none did. */
  contextOf(carrier: Carrier): TraceContext | null;
  /** What another process needs to go on with the trace: `traceparent` and, if there is one, `tracestate`. */
  carrierOf(context: TraceContext): Record<string, string>;
  /** Names a context: the same text for the same one, whichever carrier it came with. */
  idOf(context: TraceContext): string;
  /** Whether spans of this trace are kept. */
  isSampled(context: TraceContext): boolean;
  /** Begins a span; null when its trace is not sampled. Whoever begins it ends it. */
  startSpan(name: string, options: SpanOptions): Span | null;
}

export interface Telemetry {
  /** null when switched off; whoever would write or read a header asks this first. */
  readonly tracing: Tracing | null;
  /** Sends what is left, for at most two seconds. */
  stop(): Promise<void>;
}

/**
 * Begins to send traces, if `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set and
 * neither `OTEL_SDK_DISABLED=true` nor `OTEL_TRACES_EXPORTER=none` is. Otherwise OpenTelemetry is not even loaded.
 * @param env must be `process.env`: the SDK reads the rest of its variables there
 * @param serviceName how the process is called where neither `OTEL_SERVICE_NAME` nor `OTEL_RESOURCE_ATTRIBUTES` does
 * @param logger told, now and then, that traces cannot be sent
 * @throws {ConfigError} when an endpoint is no URL
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export async function startTelemetry(
  env: Environment,
  serviceName: string,
  logger: Logger,
): Promise<Telemetry> {
  if (!isSwitchedOn(env)) return { tracing: null, stop: async () => {} };
  const problems = endpoints.filter(name => env[name] && !isHttp(env[name])).map(isNoUrl);
  if (problems.length > 0) throw new ConfigError(problems);
  const { startTracing } = await import('./tracing.ts');
  return startTracing(env, serviceName, logger);
}

const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] as const;

function isSwitchedOn(env: Environment): boolean {
  const isDisabled = env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';
  const isSentNowhere = env['OTEL_TRACES_EXPORTER']?.split(',').some(name => name.trim() === 'none');
  return endpoints.some(name => env[name]) && !isDisabled && !isSentNowhere;
}

/** The SDK would fall back to an address of its own, with a warning. */
function isHttp(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function isNoUrl(name: string): string {
  return `${name} must be a URL, such as http://127.0.0.1:4318`;
}

/**
 * Does `work` within a span, which ends with it; what it throws makes the span a failed one.
 * `work` is given null where there is no span.
 */
export async function inSpan<T>(
  tracing: Tracing | null,
  name: string,
  options: SpanOptions,
  work: (span: Span | null) => Promise<T>,
): Promise<T> {
  return within(tracing?.startSpan(name, options) ?? null, work);
}

/** A span of work that is done for many traces at once. */
export interface SharedSpanOptions extends Pick<SpanOptions, 'kind' | 'attributes'> {
  /** Whose work it is. */
  readonly origins: readonly TraceContext[];
}

/** More origins than this are left out: a span holds at most 128 links by default. */
const originsMax = 100;

/** Begins a span as child of the first sampled origin, with links to the others; null without a sampled one. */
export function startSharedSpan(
  tracing: Tracing | null,
  name: string,
  { origins, ...options }: SharedSpanOptions,
): Span | null {
  if (tracing === null || origins.length === 0) return null;
  const [parent, ...links] = origins.filter(origin => tracing.isSampled(origin)).slice(0, originsMax);
  return parent === undefined ? null : tracing.startSpan(name, { ...options, parent, links });
}

/** Does `work` within a span of {@link startSharedSpan}, as {@link inSpan} does. */
export async function inSharedSpan<T>(
  tracing: Tracing | null,
  name: string,
  options: SharedSpanOptions,
  work: (span: Span | null) => Promise<T>,
): Promise<T> {
  return within(startSharedSpan(tracing, name, options), work);
}

async function within<T>(span: Span | null, work: (span: Span | null) => Promise<T>): Promise<T> {
  if (span === null) return work(null);
  try {
    const outcome = await work(span);
    span.end();
    return outcome;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

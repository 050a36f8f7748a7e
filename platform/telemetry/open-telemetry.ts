import {
  type Attributes,
  type Context,
  context,
  type DiagLogger,
  DiagLogLevel,
  diag,
  INVALID_SPAN_CONTEXT,
  type Span as OpenTelemetrySpan,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { startNodeSdk } from '@opentelemetry/sdk-node';
import product from '../../package.json' with { type: 'json' };
import type { Environment } from '../process/config.ts';
import type { Logger } from './log.ts';
import type { Carrier, Span, SpanOptions, Tracing } from './spans.ts';

const stopMs = 2_000;
/** While an address does not answer, one warning is logged in this time. */
const warnEveryMs = 600_000;

/** Traces through OpenTelemetry. Metrics and logs do not go through it: prom-client and pino handle them. */
export function startOpenTelemetry(
  env: Environment,
  serviceName: string,
  logger: Logger,
): { readonly tracing: Tracing; stop(): Promise<void> } {
  const sdk = startNodeSdk({
    logLevel: env['OTEL_LOG_LEVEL'] || 'warn',
    metricReaders: [],
    logRecordProcessors: [],
    resourceAttributes: resourceOf(env, serviceName),
  });
  // With a level set by the user, OpenTelemetry writes everything itself.
  if (!env['OTEL_LOG_LEVEL'])
    diag.setLogger(throttledWarnings(logger), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  return {
    tracing: tracingWith(trace.getTracer(product.name, product.version)),
    stop: async () => {
      if (!(await succeedsInTime(sdk.shutdown()))) logger.warn('the last traces could not be sent');
      for (const part of [trace, propagation, context, diag]) part.disable();
    },
  };
}

/** The SDK prefers these attributes to those of the environment, so the ones that the environment sets are left out. */
function resourceOf(env: Environment, serviceName: string): Attributes {
  const pairs = env['OTEL_RESOURCE_ATTRIBUTES']?.split(',') ?? [];
  const inEnvironment = new Set(pairs.map(pair => pair.split('=', 1)[0]?.trim()));
  const defaults: Attributes = {
    'service.name': env['OTEL_SERVICE_NAME'] ? undefined : serviceName,
    'service.version': product.version,
  };
  return Object.fromEntries(
    Object.entries(defaults).filter(([name, value]) => value && !inEnvironment.has(name)),
  );
}

/** Whether the shutdown succeeds within {@link stopMs}. */
async function succeedsInTime(shutdown: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>(resolve => {
    timer = setTimeout(resolve, stopMs, false);
  });
  const outcome = shutdown.then(
    () => true,
    () => false,
  );
  const isSuccess = await Promise.race([outcome, timeout]);
  clearTimeout(timer);
  return isSuccess;
}

/** Logs one warning per {@link warnEveryMs}: OpenTelemetry warns every few seconds while it cannot send. */
function throttledWarnings(logger: Logger): DiagLogger {
  let warnedAt = Number.NEGATIVE_INFINITY;
  let suppressed = 0;
  const warn = (message: string) => {
    if (performance.now() - warnedAt < warnEveryMs) {
      suppressed += 1;
      return;
    }
    logger.warn({ reason: reasonOf(message), suppressed }, 'OpenTelemetry has trouble');
    warnedAt = performance.now();
    suppressed = 0;
  };
  const ignore = () => {};
  return { error: warn, warn, info: ignore, debug: ignore, verbose: ignore };
}

/** The message of an error that OpenTelemetry reports as JSON with its stack. */
function reasonOf(message: string): string {
  try {
    const error: unknown = JSON.parse(message);
    if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  } catch {
    // The message is plain text.
  }
  return message.slice(0, 500);
}

const kinds: Readonly<Record<NonNullable<SpanOptions['kind']>, SpanKind>> = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

function tracingWith(tracer: Tracer): Tracing {
  return {
    contextOf: carrier => {
      // Baggage is dropped: a sender may attach any amount of it, and Firstlight does not use it.
      const extracted = propagation.deleteBaggage(propagation.extract(ROOT_CONTEXT, carrier, getter));
      return trace.getSpanContext(extracted) === undefined ? null : extracted;
    },
    carrierOf: traceContext => {
      const carrier: Record<string, string> = {};
      propagation.inject(traceContext, carrier);
      return carrier;
    },
    idOf: traceContext => {
      const { traceId, spanId } = trace.getSpanContext(traceContext) ?? INVALID_SPAN_CONTEXT;
      return `${traceId}-${spanId}`;
    },
    isSampled,
    startSpan: (name, { kind = 'internal', parent, links = [], attributes = {} }) => {
      const parentContext = parent ?? ROOT_CONTEXT;
      const spanLinks = links.flatMap(link => trace.getSpanContext(link) ?? []);
      const span = tracer.startSpan(
        name,
        { kind: kinds[kind], attributes, links: spanLinks.map(each => ({ context: each })) },
        parentContext,
      );
      const spanContext = trace.setSpan(parentContext, span);
      return isSampled(spanContext) ? wrapSpan(spanContext, span) : null;
    },
  };
}

function isSampled(traceContext: Context): boolean {
  return ((trace.getSpanContext(traceContext)?.traceFlags ?? 0) & TraceFlags.SAMPLED) !== 0;
}

function wrapSpan(spanContext: Context, span: OpenTelemetrySpan): Span {
  let isOpen = true;
  return {
    context: spanContext,
    set: attributes => {
      if (isOpen) span.setAttributes(attributes);
    },
    fail: type => {
      if (isOpen) fail(span, type);
    },
    end: error => {
      if (!isOpen) return;
      isOpen = false;
      if (error !== undefined) {
        const exception = error instanceof Error ? error : new Error(String(error));
        span.recordException(exception);
        fail(span, typeOf(exception), exception.message);
      }
      span.end();
    },
  };
}

/** @see https://opentelemetry.io/docs/specs/semconv/general/recording-errors/ */
function fail(span: OpenTelemetrySpan, type: string, message?: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR, ...(message === undefined ? {} : { message }) });
}

/** The error's code where it has one (PostgreSQL, Node): it is more precise than the name of the class. */
function typeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

const getter: TextMapGetter<Carrier> = {
  keys: carrier => Object.keys(carrier),
  get: (carrier, name) => {
    const value = carrier[name];
    const [first] = Array.isArray(value) ? value : [value];
    return first === undefined ? undefined : String(first);
  },
};

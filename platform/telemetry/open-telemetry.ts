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
import type { Carrier, Span, SpanOptions, Telemetry, Tracing } from './telemetry.ts';

const stopMs = 2_000;
/** An address that nobody answers at is worth one line in this time. */
const quietMs = 600_000;

/** The part of `startTelemetry` that loads OpenTelemetry: traces only, for metrics and logs have ways of their own. */
export function startTracing(env: Environment, serviceName: string, logger: Logger): Telemetry {
  const sdk = startNodeSdk({
    logLevel: env['OTEL_LOG_LEVEL'] || 'warn',
    metricReaders: [],
    logRecordProcessors: [],
    resourceAttributes: resourceOf(env, serviceName),
  });
  // Whoever sets the level wants to see all of it, as OpenTelemetry writes it.
  if (!env['OTEL_LOG_LEVEL'])
    diag.setLogger(seldom(logger), { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  return {
    tracing: tracingWith(trace.getTracer(product.name, product.version)),
    stop: async () => {
      if (!(await endsInTime(sdk.shutdown()))) logger.warn('the last traces could not be sent');
      for (const part of [trace, propagation, context, diag]) part.disable();
    },
  };
}

/** Attributes given here beat those of the environment, so what it names is left to it. */
function resourceOf(env: Environment, serviceName: string): Attributes {
  const pairs = env['OTEL_RESOURCE_ATTRIBUTES']?.split(',') ?? [];
  const given = new Set(pairs.map(pair => pair.split('=', 1)[0]?.trim()));
  const own: Attributes = {
    'service.name': env['OTEL_SERVICE_NAME'] ? undefined : serviceName,
    'service.version': product.version,
  };
  return Object.fromEntries(Object.entries(own).filter(([name, value]) => value && !given.has(name)));
}

/** False when it failed or takes longer than {@link stopMs}; then it is not waited for any more. */
async function endsInTime(shutdown: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<boolean>(resolve => {
    timer = setTimeout(resolve, stopMs, false);
  });
  const ended = shutdown.then(
    () => true,
    () => false,
  );
  const isInTime = await Promise.race([ended, tooLate]);
  clearTimeout(timer);
  return isInTime;
}

/** Passes warnings on, but not each of them: while traces cannot be sent there is one every few seconds. */
function seldom(logger: Logger): DiagLogger {
  let saidAt = Number.NEGATIVE_INFINITY;
  let unsaid = 0;
  const say = (message: string) => {
    if (performance.now() - saidAt < quietMs) {
      unsaid += 1;
      return;
    }
    logger.warn({ reason: reasonOf(message), unsaid }, 'OpenTelemetry has trouble');
    saidAt = performance.now();
    unsaid = 0;
  };
  const nothing = () => {};
  return { error: say, warn: say, info: nothing, debug: nothing, verbose: nothing };
}

/** OpenTelemetry prints an error as JSON, stack included. */
function reasonOf(message: string): string {
  try {
    const error: unknown = JSON.parse(message);
    if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  } catch {
    // it is plain text
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
      // Baggage is left behind: anybody may send any amount of it, and nobody here reads it.
      const found = propagation.deleteBaggage(propagation.extract(ROOT_CONTEXT, carrier, getter));
      return trace.getSpanContext(found) === undefined ? null : found;
    },
    carrierOf: place => {
      const carrier: Record<string, string> = {};
      propagation.inject(place, carrier);
      return carrier;
    },
    idOf: place => {
      const { traceId, spanId } = trace.getSpanContext(place) ?? INVALID_SPAN_CONTEXT;
      return `${traceId}-${spanId}`;
    },
    isSampled,
    startSpan: (name, { kind = 'internal', parent, links = [], attributes = {} }) => {
      const above = parent ?? ROOT_CONTEXT;
      const linked = links.flatMap(link => trace.getSpanContext(link) ?? []);
      const span = tracer.startSpan(
        name,
        { kind: kinds[kind], attributes, links: linked.map(each => ({ context: each })) },
        above,
      );
      const place = trace.setSpan(above, span);
      return isSampled(place) ? spanAt(place, span) : null;
    },
  };
}

function isSampled(place: Context): boolean {
  return ((trace.getSpanContext(place)?.traceFlags ?? 0) & TraceFlags.SAMPLED) !== 0;
}

function spanAt(place: Context, span: OpenTelemetrySpan): Span {
  let isOpen = true;
  return {
    context: place,
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
        const known = error instanceof Error ? error : new Error(String(error));
        span.recordException(known);
        fail(span, typeOf(known), known.message);
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

/** PostgreSQL's and Node's codes say more than the names of the classes. */
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

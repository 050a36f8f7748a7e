import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

type Value = string | number | boolean | readonly Value[];
export type ReceivedAttributes = Readonly<Record<string, Value>>;

/** A received span. */
export interface ReceivedSpan {
  /** The `service.name` of its process. */
  readonly service: string;
  readonly name: string;
  readonly kind: 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  readonly traceId: string;
  readonly spanId: string;
  /** null for the first span of a trace. */
  readonly parentSpanId: string | null;
  readonly attributes: ReceivedAttributes;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  /** The names of its events, such as `exception`. */
  readonly events: readonly string[];
  readonly status: 'unset' | 'ok' | 'error';
  /** The attributes of its process. */
  readonly resource: ReceivedAttributes;
}

export interface ReceivedExport {
  readonly path: string;
  readonly contentType: string | undefined;
  readonly body: Buffer;
}

export interface OtlpReceiver {
  readonly url: string;
  /** Settings with which a process sends to this receiver, soon and as JSON. */
  readonly env: Readonly<Record<string, string>>;
  /** All received requests, of any kind. */
  readonly exports: readonly ReceivedExport[];
  /** The spans of all JSON requests, in the order of their arrival. */
  spans(): readonly ReceivedSpan[];
  stop(): Promise<void>;
}

/**
 * Receives OpenTelemetry data over HTTP and stores it in memory.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const exports: ReceivedExport[] = [];
  const received: ReceivedSpan[] = [];
  const receive = async (request: IncomingMessage) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
    const contentType = request.headers['content-type'];
    exports.push({ path: request.url ?? '', contentType, body });
    if (contentType === 'application/json') received.push(...spansOf(JSON.parse(String(body))));
  };
  const server = createServer((request, response) => {
    const isJson = request.headers['content-type'] === 'application/json';
    receive(request).then(
      () => response.setHeader('content-type', request.headers['content-type'] ?? '').end(isJson ? '{}' : ''),
      error => response.writeHead(400).end(String(error)),
    );
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '50',
    },
    exports,
    spans: () => received,
    stop: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

/** The part of OTLP's JSON that the receiver reads. */
interface TracesData {
  readonly resourceSpans?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeSpans?: readonly { readonly spans?: readonly OtlpSpan[] }[];
  }[];
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: number;
  readonly attributes?: readonly KeyValue[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly events?: readonly { readonly name: string }[];
  readonly status?: { readonly code?: number };
}

interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: number | string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const statuses = ['unset', 'ok', 'error'] as const;

function spansOf({ resourceSpans = [] }: TracesData): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans = [] }) => {
    const attributes = attributesOf(resource?.attributes);
    return scopeSpans
      .flatMap(({ spans = [] }) => spans)
      .map(span => ({
        service: String(attributes['service.name']),
        name: span.name,
        kind: kinds[span.kind ?? 0] ?? 'unspecified',
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId || null,
        attributes: attributesOf(span.attributes),
        links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
        events: (span.events ?? []).map(({ name }) => name),
        status: statuses[span.status?.code ?? 0] ?? 'unset',
        resource: attributes,
      }));
  });
}

function attributesOf(pairs: readonly KeyValue[] = []): Record<string, Value> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, jsonOf(value)]));
}

function jsonOf(value: AnyValue): Value {
  if (value.intValue !== undefined) return Number(value.intValue); // JSON may hold it as text
  return (
    value.stringValue ?? value.boolValue ?? value.doubleValue ?? (value.arrayValue?.values ?? []).map(jsonOf)
  );
}

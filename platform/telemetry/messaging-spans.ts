import type { Carrier, Span, TraceContext, Tracing } from './spans.ts';

/**
 * Spans of Kafka's messages, by version 1.45 of the semantic conventions.
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/kafka/
 */

/** The span of the messages of one request on their way to Kafka. */
export interface Sending {
  /** The caller adds these headers to each message. */
  readonly headers: Readonly<Record<string, string>>;
  /** Called when Kafka has acknowledged the messages, or with the error. Later calls do nothing. */
  end(error?: unknown): void;
}

/**
 * Begins the `send` span of the messages of one HTTP request. Several requests may share one produce request.
 * @param parent the context of the request; null when the request is not traced
 * @param messages the number of messages
 * @returns null when the request is not traced: its messages get no headers
 */
export function startSending(
  tracing: Tracing | null,
  parent: TraceContext | null,
  { topic, messages }: { readonly topic: string; readonly messages: number },
): Sending | null {
  if (tracing === null || parent === null || !tracing.isSampled(parent)) return null;
  const span = tracing.startSpan(`send ${topic}`, {
    kind: 'producer',
    parent,
    attributes: { ...operation('send', topic), ...batchOf(messages) },
  });
  return span && { headers: tracing.carrierOf(span.context), end: span.end };
}

/** The parts of a consumed message that tracing uses. */
export interface ReadMessage {
  readonly partition: number;
  readonly headers: Carrier | undefined;
}

/** The spans of a batch of messages while it is processed. */
export interface Processing {
  /** One context for each trace in the batch: the origins of spans for the whole batch. */
  readonly contexts: readonly TraceContext[];
  /** Called when the batch is stored and its offsets are committed, or with the error. Later calls do nothing. */
  end(error?: unknown): void;
}

/** Further traces of a batch get no span. */
const tracesMax = 100;

/**
 * Begins a `process` span for each distinct sampled context that the messages carry, as a child of it, for at most
 * 100 contexts.
 * @param messages of one topic and any partitions
 * @returns null when there is no such context or tracing is off; with tracing off, no header is read
 */
export function startProcessing(
  tracing: Tracing | null,
  { topic, group }: { readonly topic: string; readonly group: string },
  messages: Iterable<ReadMessage>,
): Processing | null {
  if (tracing === null) return null;
  const spans: Span[] = [];
  for (const { context, count, partitions } of tracesIn(tracing, messages)) {
    const [partition, ...others] = partitions;
    const span = tracing.startSpan(`process ${topic}`, {
      kind: 'consumer',
      parent: context,
      attributes: {
        ...operation('process', topic),
        ...batchOf(count),
        'messaging.consumer.group.name': group,
        'messaging.destination.partition.id': others.length === 0 ? String(partition) : undefined,
      },
    });
    if (span !== null) spans.push(span);
  }
  if (spans.length === 0) return null;
  return {
    contexts: spans.map(span => span.context),
    end: error => {
      for (const span of spans) span.end(error);
    },
  };
}

/** The messages of a batch that carry the same context. */
interface BatchTrace {
  readonly context: TraceContext;
  readonly partitions: Set<number>;
  count: number;
}

function tracesIn(tracing: Tracing, messages: Iterable<ReadMessage>): Iterable<BatchTrace> {
  const traces = new Map<string, BatchTrace>();
  for (const { headers, partition } of messages) {
    const context = headers === undefined ? null : tracing.contextOf(headers);
    if (context === null || !tracing.isSampled(context)) continue;
    const id = tracing.idOf(context);
    const known = traces.get(id);
    if (known !== undefined) {
      known.count += 1;
      known.partitions.add(partition);
    } else if (traces.size < tracesMax) {
      traces.set(id, { context, count: 1, partitions: new Set([partition]) });
    }
  }
  return traces.values();
}

function operation(name: 'send' | 'process', topic: string): Record<string, string> {
  return {
    'messaging.system.name': 'kafka',
    'messaging.destination.name': topic,
    'messaging.operation.name': name,
    'messaging.operation.type': name,
  };
}

/** The attribute for the size of a batch; none for a single message. */
function batchOf(messages: number): Record<string, number> {
  return messages > 1 ? { 'messaging.batch.message_count': messages } : {};
}

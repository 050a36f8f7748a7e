import type { Carrier, Span, TraceContext, Tracing } from './spans.ts';

/**
 * Spans of Kafka's messages, by version 1.45 of the semantic conventions.
 * @see https://opentelemetry.io/docs/specs/semconv/messaging/kafka/
 */

/** The messages of one request on their way to Kafka. */
export interface Sending {
  /** To be added to the headers of each of the messages. */
  readonly headers: Readonly<Record<string, string>>;
  /** Kafka has acknowledged them, or not. Only the first call counts. */
  end(error?: unknown): void;
}

/**
 * Begins the `send` span of the messages of one request, however many requests share the produce request.
 * @param parent the request's context; null when it is not traced
 * @param messages how many
 * @returns null when the request is not traced: then its messages get no headers
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

/** What tracing needs to know of a message that was read. */
export interface ReadMessage {
  readonly partition: number;
  readonly headers: Carrier | undefined;
}

/** A batch of messages in work. */
export interface Processing {
  /** One for each trace in the batch: what is done for the whole batch has these as its origins. */
  readonly contexts: readonly TraceContext[];
  /** The batch is stored and its offsets are committed, or it failed. Only the first call counts. */
  end(error?: unknown): void;
}

/** So many traces of one batch are shown. */
const tracesMax = 100;

/**
 * Begins a `process` span for each distinct sampled context that the messages carry, as its child, at most 100.
 * @param messages read from one topic, of any partitions
 * @returns null when there is none, or tracing is off: then no header is read
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

interface TraceOfBatch {
  readonly context: TraceContext;
  readonly partitions: Set<number>;
  count: number;
}

function tracesIn(tracing: Tracing, messages: Iterable<ReadMessage>): Iterable<TraceOfBatch> {
  const traces = new Map<string, TraceOfBatch>();
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

/** A single message is no batch. */
function batchOf(messages: number): Record<string, number> {
  return messages > 1 ? { 'messaging.batch.message_count': messages } : {};
}

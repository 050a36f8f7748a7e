import { onTestFinished } from 'vitest';
import type { IdentifiedEvent } from '../../../domain/events/identity.ts';
import { buildServer } from '../../../platform/http/server.ts';
import { silentLogger } from '../../../platform/telemetry/log.ts';
import { buildCollector, type CollectorOptions } from '../../../services/collector/app.ts';
import type { IngestObserver } from '../../../services/collector/observer.ts';

/** The time of receipt of every request in these tests. */
export const receivedAt = Date.parse('2026-05-04T09:30:00Z');

export interface RunningCollector {
  readonly url: string;
  readonly port: number;
  /** Every event that was published, in order. */
  readonly published: IdentifiedEvent[];
  /** The calls of the observer, one line each. */
  readonly observed: string[];
  /** Posts to `/v1/events`, as JSON unless the headers say otherwise. */
  post(body: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: AnswerBody;
}

interface AnswerBody {
  readonly accepted?: number;
  readonly type?: string;
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly errors?: { item: number; field: string; detail: string }[];
}

/** A collector that listens on a free port of 127.0.0.1 and keeps what it publishes; closed after the test. */
export async function startCollector(options: Partial<CollectorOptions> = {}): Promise<RunningCollector> {
  const published: IdentifiedEvent[] = [];
  const observed: string[] = [];
  const observer: IngestObserver = {
    accepted: (source, type, count) => observed.push(`accepted ${source} ${type} ${count}`),
    kept: (source, reason) => observed.push(`kept ${source} ${reason}`),
    unknownServices: (source, services) => observed.push(`unknown ${source} ${services.join()}`),
    refused: (_source, reason, count) => observed.push(`refused ${reason} ${count}`),
  };
  const app = buildServer({ logger: silentLogger, bodyBytesMax: 5_000_000 });
  await app.register(
    buildCollector({
      publisher: { publish: async batch => void published.push(...batch) },
      tokens: [],
      now: () => receivedAt,
      observer,
      ...options,
    }),
  );
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const port = Number(new URL(url).port);
  return { url, port, published, observed, post: (body, headers) => post(url, body, headers) };
}

async function post(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const isRaw = typeof body === 'string' || body instanceof Uint8Array;
  const response = await fetch(`${url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: isRaw ? (body as string) : JSON.stringify(body),
  });
  return answerOf(response);
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? {} : (JSON.parse(text) as AnswerBody),
  };
}

import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import type { Snapshot } from '../live/snapshot.ts';
import { contentType } from './exposition.ts';

export interface ScrapeRoutesOptions {
  readonly snapshot: Snapshot;
  /** The metrics of the process, sent after the snapshot. */
  readonly registry: Registry;
}

/** `GET /metrics`: the text of the snapshot as it was last rendered; it never asks the database. */
export function scrapeRoutes(app: FastifyInstance, { snapshot, registry }: ScrapeRoutesOptions): void {
  app.get('/metrics', async (_request, reply) => {
    const processMetrics = Buffer.from(await registry.metrics());
    const { parts, length } = snapshot.text;
    reply.type(contentType).header('content-length', length + processMetrics.length);
    return reply.send(Readable.from([...parts, processMetrics]));
  });
}

import type { FastifyPluginCallback } from 'fastify';
import type { Registry } from 'prom-client';
import { guard } from './access.ts';
import { type Health, healthRoutes } from './health.ts';

export interface ProcessRoutesOptions extends Health {
  /** The process's own metrics. */
  readonly registry: Registry;
  /** When set, asked for on /metrics. */
  readonly readToken: string | undefined;
}

/** A Fastify plugin for a process that has no other `GET /metrics`: its own metrics, `/livez` and `/readyz`. */
export const processRoutes: FastifyPluginCallback<ProcessRoutesOptions> = (app, options, done) => {
  const { registry, readToken } = options;
  healthRoutes(app, options);
  app.register((scope, _options, registered) => {
    guard(scope, readToken);
    scope.get('/metrics', async (_request, reply) =>
      reply.type(registry.contentType).send(await registry.metrics()),
    );
    registered();
  });
  done();
};

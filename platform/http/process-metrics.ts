import type { FastifyPluginCallback } from 'fastify';
import type { Registry } from 'prom-client';
import { guard } from './access.ts';
import { type Health, healthRoutes } from './health.ts';

export interface ProcessRoutesOptions extends Health {
  /** The process metrics. */
  readonly registry: Registry;
  /** When set, /metrics requires it. */
  readonly readToken: string | undefined;
}

/** A Fastify plugin with `/livez`, `/readyz`, and a `/metrics` that shows the process metrics only. */
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

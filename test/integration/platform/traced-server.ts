/** A process that traces its requests, for the tests in this folder. Its settings come from the environment. */

import { buildServer } from '../../../platform/http/server.ts';
import { Lifecycle } from '../../../platform/process/lifecycle.ts';
import { createLogger } from '../../../platform/telemetry/log.ts';
import { startTelemetry } from '../../../platform/telemetry/telemetry.ts';
import { traceRequests } from '../../../platform/telemetry/trace-requests.ts';

const logger = createLogger({ name: 'traced' });
const lifecycle = new Lifecycle(logger);

await lifecycle.run(async () => {
  const telemetry = await startTelemetry(process.env, 'traced', logger);
  lifecycle.add('telemetry', () => telemetry.stop());
  const server = buildServer({ logger, bodyBytesMax: 1_000 });
  await server.register(traceRequests, { tracing: telemetry.tracing });
  for (const path of ['/livez', '/readyz', '/metrics']) server.get(path, async () => ({}));
  // In a separate scope, as in the services.
  await server.register((routes, _options, done) => {
    // Answers with the headers that a handler would pass on.
    routes.post('/v1/events', async ({ traceContext }) =>
      traceContext === null ? {} : telemetry.tracing?.carrierOf(traceContext),
    );
    routes.post('/v1/webhooks/:tool/:token', async (_request, reply) => reply.code(202).send({}));
    routes.get('/broken', async () => {
      throw new Error('this route is broken');
    });
    routes.get('/silent', () => {
      process.stdout.write('someone waits\n');
      return new Promise(() => {});
    });
    done();
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  lifecycle.add('server', () => server.close());
  process.stdout.write(`listening on ${url}\n`);
});

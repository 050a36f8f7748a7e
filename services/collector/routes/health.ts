import type { FastifyBaseLogger, FastifyInstance } from 'fastify';

/** Whether the service can do its work now; asked at each probe, so it should answer from memory. */
export type Ready = () => boolean | Promise<boolean>;

/** `GET /livez`: the process answers. `GET /readyz`: it can take events now, else 503. */
export function healthRoutes(app: FastifyInstance, ready: Ready): void {
  app.get('/livez', async () => ({ status: 'live' }));
  app.get('/readyz', async (request, reply) => {
    const isReady = await answerOf(ready, request.log);
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready' });
  });
}

async function answerOf(ready: Ready, log: FastifyBaseLogger): Promise<boolean> {
  try {
    return await ready();
  } catch (error) {
    log.warn({ err: error }, 'readiness could not be found out');
    return false;
  }
}

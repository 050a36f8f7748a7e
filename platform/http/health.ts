import type { FastifyBaseLogger, FastifyInstance } from 'fastify';

/** Answers a health probe. Probes are frequent, so the answer comes from memory. */
export type Probe = () => boolean | Promise<boolean>;

export interface Health {
  /** Whether the process makes progress; if not, it should be restarted. Default: always true. */
  readonly alive?: Probe;
  /** Whether the process can do its work now. */
  readonly ready: Probe;
}

/** `GET /livez` and `GET /readyz` for Kubernetes and load balancers: 200 for yes, 503 for no. */
export function healthRoutes(app: FastifyInstance, { alive = () => true, ready }: Health): void {
  app.get('/livez', async (request, reply) => {
    const isAlive = await answerOf(alive, request.log);
    return reply.code(isAlive ? 200 : 503).send({ status: isAlive ? 'live' : 'not live' });
  });
  app.get('/readyz', async (request, reply) => {
    const isReady = await answerOf(ready, request.log);
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready' });
  });
}

async function answerOf(probe: Probe, log: FastifyBaseLogger): Promise<boolean> {
  try {
    return await probe();
  } catch (error) {
    log.warn({ err: error }, 'a probe could not be answered');
    return false;
  }
}

/** The baseline of `http.ts`: a Fastify route that parses and validates an event and answers, and does nothing else. */
import { fastify } from 'fastify';
import { eventSchema, type SentEvent } from '../../domain/events/event.ts';
import { parseTime } from '../../domain/events/time.ts';

const app = fastify({
  ajv: {
    customOptions: {
      removeAdditional: false,
      coerceTypes: false,
      useDefaults: false,
      allErrors: true,
      discriminator: true,
      strictRequired: false,
      allowUnionTypes: true,
      formats: { 'date-time': { type: 'string', validate: (text: string) => parseTime(text) !== null } },
    },
  },
});
app.post<{ Body: SentEvent }>('/v1/events', { schema: { body: eventSchema } }, async (_request, reply) =>
  reply.code(202).send({ accepted: 1 }),
);
console.log(`listens on ${await app.listen({ host: '127.0.0.1', port: 0 })}`);

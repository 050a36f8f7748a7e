import { fastify } from 'fastify';
import { expect, test } from 'vitest';
import { type Health, healthRoutes } from '../../../../platform/http/health.ts';

async function statusesOf(health: Health): Promise<readonly number[]> {
  const app = fastify();
  healthRoutes(app, health);
  const answers = await Promise.all(['/livez', '/readyz'].map(url => app.inject(url)));
  return answers.map(({ statusCode }) => statusCode);
}

const cases: readonly (readonly [what: string, health: Health, statuses: readonly number[]])[] = [
  ['a process that is ready', { ready: () => true }, [200, 200]],
  ['a process that is not ready', { ready: async () => false }, [200, 503]],
  ['a process that hangs', { alive: () => false, ready: () => true }, [503, 200]],
  ['a process whose probe fails', { ready: () => Promise.reject(new Error('no answer')) }, [200, 503]],
];

test.each(cases)('the health routes of %s', async (_, health, statuses) => {
  expect(await statusesOf(health)).toEqual(statuses);
});

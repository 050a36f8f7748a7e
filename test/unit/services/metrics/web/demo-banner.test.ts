import Fastify from 'fastify';
import { expect, test } from 'vitest';
import { addDemoBanner } from '../../../../../services/metrics/web/demo-banner.ts';

async function answerOf(type: string, body: string | Buffer, isDemo: () => Promise<boolean>) {
  const app = Fastify();
  addDemoBanner(app, isDemo);
  app.get('/', (_request, reply) => reply.type(type).send(body));
  const { payload, headers } = await app.inject('/');
  await app.close();
  expect(Number(headers['content-length'])).toBe(Buffer.byteLength(payload));
  return payload;
}

const page = '<html><head><title>All</title></head><body class="x"><p>ü</p></body></html>';
const yes = async () => true;

test('every page of the demo has the banner, in its text and in the title of its tab', async () => {
  for (const body of [page, Buffer.from(page)]) {
    const html = await answerOf('text/html; charset=utf-8', body, yes);
    expect(html).toContain('<title>Sample: All</title>');
    expect(html).toMatch(/<body class="x">\s*<p role="note"[^>]*>Sample data: /);
    expect(html).toContain('<p>ü</p>');
  }
});

test('a report in Markdown begins with the banner', async () => {
  expect(await answerOf('text/markdown', '# Week', yes)).toMatch(/^> \*\*Sample data: .*\n\n# Week$/);
});

test('other types stay as they are, and so does a page of a real store', async () => {
  expect(await answerOf('text/plain', 'dora 1', yes)).toBe('dora 1');
  expect(await answerOf('text/html', page, async () => false)).toBe(page);
});

test('while the database is away, a page stays as it is', async () => {
  const away = async () => {
    throw new Error('away');
  };
  expect(await answerOf('text/html', page, away)).toBe(page);
});

import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { buildServer } from '../../../../platform/http/server.ts';
import { createLogger } from '../../../../platform/telemetry/log.ts';

function serverWithLog() {
  const log: string[] = [];
  const destination = new Writable({
    write: (line, _encoding, done) => {
      log.push(String(line));
      done();
    },
  });
  const app = buildServer({ logger: createLogger({ name: 'test', destination }), bodyBytesMax: 10 });
  return { app, log };
}

test('an unknown path is a problem with status 404, without its query', async () => {
  const { app } = serverWithLog();
  const answer = await app.inject('/nowhere?token=s3cret');
  expect(answer.statusCode).toBe(404);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.json()).toMatchObject({ status: 404, detail: 'There is no GET /nowhere here.' });
});

test('an error of the client is explained to it', async () => {
  const { app } = serverWithLog();
  app.post('/', async () => 'ok');
  const answer = await app.inject({ method: 'POST', url: '/', payload: { text: 'more than ten bytes' } });
  expect(answer.statusCode).toBe(413);
  expect(answer.json().detail).toBe('Request body is too large');
});

test('an error of the server is logged and not disclosed', async () => {
  const { app, log } = serverWithLog();
  app.get('/', () => Promise.reject(new Error('the table is gone')));
  const answer = await app.inject('/');
  expect(answer.statusCode).toBe(500);
  expect(answer.body).not.toContain('table');
  expect(log.join()).toContain('the table is gone');
});

test('an answer that is sent while the server closes ends its connection', async () => {
  const { app } = serverWithLog();
  const { promise: closing, resolve } = Promise.withResolvers<void>();
  app.addHook('preClose', async () => resolve());
  app.get('/', async () => {
    await closing;
    return 'ok';
  });
  const answer = app.inject('/');
  await app.ready();
  await new Promise(done => setImmediate(done));
  const closed = app.close();
  expect((await answer).headers.connection).toBe('close');
  await closed;
});

import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createLogger, terminal } from '../../../../platform/telemetry/log.ts';

function collector() {
  const lines: string[] = [];
  const destination = new Writable({
    decodeStrings: false,
    write(line, _encoding, done) {
      lines.push(String(line));
      done();
    },
  });
  return { lines, destination };
}

const entriesOf = (lines: readonly string[]): Record<string, unknown>[] =>
  lines.map(line => JSON.parse(line));

describe('createLogger', () => {
  test('writes one JSON object per line with level, time, name, message and fields', () => {
    const { lines, destination } = collector();
    createLogger({ name: 'consumer', destination }).info({ events: 3 }, 'batch stored');
    expect(entriesOf(lines)).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        name: 'consumer',
        events: 3,
        msg: 'batch stored',
      },
    ]);
  });

  test('logs info and above by default', () => {
    const usual = collector();
    createLogger({ name: 'a', destination: usual.destination }).debug('hidden');
    expect(usual.lines).toEqual([]);
    const talkative = collector();
    createLogger({ name: 'a', level: 'debug', destination: talkative.destination }).debug('shown');
    expect(talkative.lines).toHaveLength(1);
  });

  test('keeps secrets out of the lines', () => {
    const { lines, destination } = collector();
    createLogger({ name: 'a', destination }).info({
      authorization: 'hunter2',
      headers: { authorization: 'hunter2', 'x-hub-signature-256': 'hunter2', 'x-gitlab-token': 'hunter2' },
      req: { headers: { authorization: 'hunter2', cookie: 'hunter2' }, method: 'GET' },
      user: { password: 'hunter2', token: 'hunter2', secret: 'hunter2' },
    });
    expect(lines.join()).not.toContain('hunter2');
    expect(lines.join()).toContain('GET');
  });

  test('logs the message, causes, code and stack of an error, but not the properties of a driver', () => {
    const { lines, destination } = collector();
    const cause = Object.assign(new Error('disk full'), { params: ['payload'] });
    const error = Object.assign(new Error('insert failed', { cause }), {
      code: '53100',
      params: ['payload'],
    });
    createLogger({ name: 'a', destination }).error({ err: new AggregateError([error], 'both') }, 'm');
    createLogger({ name: 'a', destination }).error({ err: error }, 'm');
    expect(lines.join()).not.toContain('payload');
    expect(entriesOf(lines)).toMatchObject([
      { err: { message: 'both', aggregateErrors: [{ code: '53100' }] } },
      { err: { type: 'Error', message: 'insert failed: disk full', code: '53100' } },
    ]);
  });
});

describe('terminal', () => {
  test('shortens a line for people', () => {
    const { lines, destination } = collector();
    const logger = createLogger({ name: 'collector', destination: terminal(destination) });
    logger.warn({ url: 'http://127.0.0.1:8080', retry: { ms: 5 } }, 'listening');
    expect(lines.join('')).toMatch(
      /^\d\d:\d\d:\d\d warn {2}collector: listening url=http:\/\/127\.0\.0\.1:8080 retry=\{ ms: 5 \}\n$/,
    );
  });

  test('shows the stack of an error', () => {
    const { lines, destination } = collector();
    const logger = createLogger({ name: 'collector', destination: terminal(destination) });
    logger.error({ err: new Error('no disk') }, 'cannot store');
    expect(lines.join('')).toMatch(/error collector: cannot store\n {4}Error: no disk\n {8}at /);
  });
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type FastifyInstance, fastify } from 'fastify';
import { Registry } from 'prom-client';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { metricsRoutes } from '../../../services/metrics/app.ts';
import { Snapshot } from '../../../services/metrics/live/snapshot.ts';
import { freePort } from '../../support/product/process.ts';
import { MemorySource, noon, stream } from '../../unit/services/metrics/memory-source.ts';
import { story } from '../../unit/services/metrics/report/weekly-reports.ts';
import { firstlight } from './firstlight.ts';

const hostile = '<!channel> =1+1 | "O\'Neil" <b>שלום</b>';
let metrics: FastifyInstance;
let snapshot: Snapshot;
let url: string;

beforeAll(async () => {
  const source = new MemorySource();
  const of = stream({ service: hostile, team: 'payments', exposedTotal: 4 });
  source.streams = [of];
  source.observations = story(of, { 1: { exposed: 4, escaped: 1, lead: [2] } });
  const registry = new Registry();
  const now = () => noon;
  snapshot = new Snapshot({ source, registry, now, onError: () => {} });
  metrics = fastify();
  metrics.register(metricsRoutes, { snapshot, source, registry, readToken: 'r3ad', timezone: 'UTC', now });
  await snapshot.start();
  url = await metrics.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await metrics.close();
  await snapshot.stop();
});

const weekly = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  firstlight(['weekly', '--url', url, '--token', 'r3ad', '--retries', '1', ...args], env);

describe('firstlight weekly', () => {
  test('prints the report as Markdown, or in the format of --format', async () => {
    const markdown = await weekly([]);
    expect(markdown.status).toBe(0);
    expect(markdown.stdout).toContain('# All services in production, 2026-W46');
    const csv = await weekly(['--format', 'csv', '--weeks', '2']);
    expect(csv.stdout.split('\r\n')).toHaveLength(1 + 2 + 1 + 2 + 1);
    const json = JSON.parse((await weekly(['--format', 'json', '--service', hostile])).stdout);
    expect(json).toMatchObject({ service: hostile, insights: { week: '2026-W46' } });
    expect((await weekly(['--format', 'html', '--team', 'payments'])).stdout).toMatch(/^<!doctype html>/);
  });

  test("ends with the server's error", async () => {
    const { status, stderr } = await weekly(['--weeks', '99']);
    expect(status).toBe(1);
    expect(stderr).toContain('weeks must be a whole number from 1 to 53');
    const refused = await firstlight(['weekly', '--url', url]);
    expect(refused).toMatchObject({ status: 1, stdout: '' });
    expect(refused.stderr).toContain('FIRSTLIGHT_TOKEN');
  });

  test('ends with status 3 when no server answers', async () => {
    const { status, stderr } = await firstlight([
      'weekly',
      '--url',
      `http://127.0.0.1:${await freePort()}`,
      '--retries',
      '0',
    ]);
    expect(status).toBe(3);
    expect(stderr).toContain('is not available: the connection failed (ECONNREFUSED)');
  });
});

describe('firstlight weekly --post', () => {
  const answers: { status: number; body?: string; headers?: Record<string, string> }[] = [];
  const bodies: string[] = [];
  let receiver: Server;
  let hook: string;

  beforeEach(async () => {
    answers.length = 0;
    bodies.length = 0;
    receiver = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      request.on('end', () => {
        bodies.push(body);
        const { status, headers, body: said } = answers.shift() ?? { status: 200, body: 'ok' };
        response.writeHead(status, headers).end(said);
      });
    });
    await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve));
    hook = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/services/T0/B0/s3cretpart`;
  });
  afterEach(() => {
    receiver.closeAllConnections();
    return new Promise(resolve => receiver.close(resolve));
  });

  test('posts one message, with links to the public URL of the server and without mentions', async () => {
    const { status, stdout, stderr } = await weekly(['--post', hook, '--link', 'https://dora.example/']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^posted to 127\.0\.0\.1:\d+: 2026-W46\n$/);
    expect(bodies).toHaveLength(1);
    const message = JSON.parse(bodies[0] ?? '');
    expect(message.blocks[0].text.text).toContain('All services, production: 2026-W46');
    expect(bodies[0]).toContain('&lt;!channel&gt; =1+1');
    expect(bodies[0]).not.toContain('<!channel>');
    expect(message.text).toContain('<https://dora.example/receipts?metric=rolled_back_changes&amp;');
  });

  test('reads the address from the environment', async () => {
    const { status } = await weekly(['--post'], { FIRSTLIGHT_POST_URL: hook });
    expect({ status, posts: bodies.length }).toEqual({ status: 0, posts: 1 });
  });

  test('retries when the channel is busy', async () => {
    answers.push({ status: 429, headers: { 'retry-after': '0' } });
    const { status, stderr } = await weekly(['--post', hook]);
    expect({ status, posts: bodies.length }).toEqual({ status: 0, posts: 2 });
    expect(stderr).not.toContain('s3cretpart');
  });

  test.each([
    [404, 'no_service', 1, 'refused the report: 404 no_service'],
    [302, '', 1, 'refused the report: 302'],
    [500, '<html>', 3, 'does not take the report: it answered 500 (tries: 2)'],
  ])(
    'says so when it answers %i, and keeps its address to itself',
    async (answer, body, wanted, sentence) => {
      answers.push({ status: answer, body }, { status: answer, body });
      const { status, stdout, stderr } = await weekly(['--post', hook]);
      expect({ status, stdout }).toEqual({ status: wanted, stdout: '' });
      expect(stderr).toContain(sentence);
      expect(stderr).not.toContain('s3cretpart');
    },
  );

  test('reports an unreachable webhook, and an invalid address', async () => {
    const away = await weekly(['--post', `http://127.0.0.1:${await freePort()}/s3cretpart`]);
    expect(away.status).toBe(3);
    expect(away.stderr).toMatch(/was not posted to 127\.0\.0\.1:\d+: the connection failed/);
    const wrong = await weekly(['--post', 's3cretpart']);
    expect(wrong.status).toBe(2);
    const unset = await weekly(['--post']);
    expect(unset.status).toBe(2);
    expect(unset.stderr).toContain('FIRSTLIGHT_POST_URL names no webhook');
    for (const { stderr } of [away, wrong]) expect(stderr).not.toContain('s3cretpart');
  });

  test('posts nothing when the report cannot be read', async () => {
    const { status } = await weekly(['--weeks', '0', '--post', hook]);
    expect({ status, posts: bodies.length }).toEqual({ status: 1, posts: 0 });
  });
});

interface Received {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** A real SMTP server that keeps its mails in memory. */
async function startSmtp(options: SMTPServerOptions) {
  const received: Received[] = [];
  const server = new SMTPServer({
    authOptional: true,
    ...options,
    onData: (stream, session, callback) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
      });
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          text,
        });
        callback();
      });
    },
  });
  server.on('error', () => {}); // a client that does not trust its certificate
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.server.address() as AddressInfo;
  return {
    received,
    host: `127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => new Promise<void>(resolve => server.close(() => resolve())),
  };
}

const plainSmtp: SMTPServerOptions = { disabledCommands: ['STARTTLS'], allowInsecureAuth: true };
const onlyWith =
  (user: string, password: string): NonNullable<SMTPServerOptions['onAuth']> =>
  ({ username, password: given }, _session, callback) =>
    username === user && given === password ? callback(null, { user }) : callback(new Error('no'));

describe('firstlight weekly --mail', () => {
  const mail = ['--mail', 'vp@example.com', '--from', 'Firstlight <dora@example.com>'];

  test('mails text and HTML to all recipients, with a login from the environment', async () => {
    await using smtp = await startSmtp({
      ...plainSmtp,
      authOptional: false,
      onAuth: onlyWith('me@example.com', 'p@ss/w:rd'),
    });
    const { status, stdout, stderr } = await weekly([...mail, '--mail', 'lead@example.com'], {
      FIRSTLIGHT_SMTP_URL: `smtp://me%40example.com:p%40ss%2Fw%3Ard@${smtp.host}`,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toBe('mailed to vp@example.com, lead@example.com: 2026-W46\n');
    const [received] = smtp.received;
    expect(received).toMatchObject({ from: 'dora@example.com', to: ['vp@example.com', 'lead@example.com'] });
    expect(received?.text).toMatch(/^Subject: All services, production: 2026-W46\r$/m);
    expect(received?.text).toMatch(/^From: Firstlight <dora@example\.com>\r$/m);
    expect(received?.text).toMatch(/Content-Type: text\/plain[\s\S]*Content-Type: text\/html/);
    expect(decodedParts(received?.text ?? '').join()).toContain(
      '<bdi>&lt;!channel&gt; =1+1 | &quot;O&#39;Neil&quot; &lt;b&gt;שלום&lt;/b&gt;</bdi>',
    );
  });

  test('reports a wrong login without its password', async () => {
    await using smtp = await startSmtp({
      ...plainSmtp,
      authOptional: false,
      onAuth: onlyWith('me', 'right'),
    });
    const { status, stderr } = await weekly([...mail, '--smtp', `smtp://me:wr0ngs3cret@${smtp.host}`]);
    expect(status).toBe(1);
    expect(stderr).toContain(`${smtp.host} does not accept the user and password (535)`);
    expect(stderr).not.toContain('wr0ngs3cret');
  });

  test('reports a refused address, and an unreachable server', async () => {
    await using smtp = await startSmtp({
      ...plainSmtp,
      onRcptTo: ({ address }, _session, callback) =>
        callback(address.startsWith('vp') ? new Error('No such user here') : undefined),
    });
    const all = await weekly([...mail, '--smtp', `smtp://${smtp.host}`]);
    expect(all.status).toBe(1);
    expect(all.stderr).toContain('No such user here');
    const some = await weekly([...mail, '--mail', 'lead@example.com', '--smtp', `smtp://${smtp.host}`]);
    expect(some.status).toBe(1);
    expect(some.stderr).toContain('took the mail, but not for vp@example.com');
    expect(smtp.received.map(({ to }) => to)).toEqual([['lead@example.com']]);
    const away = await weekly([...mail, '--smtp', 'smtp://me:s3cret@127.0.0.1:1']);
    expect(away.status).toBe(3);
    expect(away.stderr).toContain('The mail was not sent: 127.0.0.1:1');
    expect(away.stderr).not.toContain('s3cret');
  });

  test('does not trust a certificate without a known authority', async () => {
    await using smtp = await startSmtp({ secure: true });
    const { status, stderr } = await weekly([...mail, '--smtp', `smtps://${smtp.host}`]);
    expect(status).toBe(3);
    expect(stderr).toContain('certificate');
    expect(smtp.received).toEqual([]);
  });

  test('needs a mail server and a sender, and never prints a possible password', async () => {
    const noServer = await weekly(mail);
    expect(noServer.status).toBe(2);
    expect(noServer.stderr).toContain('FIRSTLIGHT_SMTP_URL');
    const noSender = await weekly(['--mail', 'vp@example.com', '--smtp', 'smtp://127.0.0.1:1']);
    expect(noSender.status).toBe(2);
    expect(noSender.stderr).toContain('FIRSTLIGHT_MAIL_FROM');
    const wrong = await weekly([...mail, '--smtp', 'http://me:s3cret@127.0.0.1']);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).not.toContain('s3cret');
  });

  test('mails even if the channel fails, and ends with the failure', async () => {
    await using smtp = await startSmtp(plainSmtp);
    const { status, stdout, stderr } = await weekly([
      ...mail,
      ...['--smtp', `smtp://${smtp.host}`, '--post', 'http://127.0.0.1:1/hook'],
    ]);
    expect(status).toBe(3);
    expect(stdout).toContain('mailed to vp@example.com');
    expect(stderr).toContain('was not posted');
    expect(smtp.received).toHaveLength(1);
  });
});

/** The parts of a MIME message, decoded. */
function decodedParts(message: string): string[] {
  const boundary = /boundary="([^"]+)"/.exec(message)?.[1] ?? '';
  return message.split(`--${boundary}`).flatMap(part => {
    const [head = '', ...body] = part.split('\r\n\r\n');
    const text = body.join('\r\n\r\n');
    if (/base64/i.test(head)) return [Buffer.from(text, 'base64').toString('utf8')];
    if (!/quoted-printable/i.test(head)) return [text];
    const bytes = text
      .replaceAll('=\r\n', '')
      .replaceAll(/=([\dA-F]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
    return [Buffer.from(bytes, 'latin1').toString('utf8')];
  });
}

import { request as httpRequest } from 'node:http';
import { createServer, type Socket } from 'node:net';
import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { inTransactionSpan } from '../../../platform/telemetry/database-spans.ts';
import { createLogger } from '../../../platform/telemetry/log.ts';
import { startProcessing, startSending } from '../../../platform/telemetry/messaging-spans.ts';
import { inSharedSpan, inSpan, type TraceContext, type Tracing } from '../../../platform/telemetry/spans.ts';
import { startTelemetry, type Telemetry } from '../../../platform/telemetry/telemetry.ts';
import {
  type OtlpReceiver,
  type ReceivedSpan,
  startOtlpReceiver,
} from '../../support/monitoring/otlp-receiver.ts';
import { freePort, startNode, type TestProcess, waitFor } from '../../support/product/process.ts';

const traceId = 'a'.repeat(32);
const senderId = 'b'.repeat(16);
const sampled = { traceparent: `00-${traceId}-${senderId}-01`, tracestate: 'vendor=value' };
const unobserved = { traceparent: `00-${traceId}-${senderId}-00` };

let receiver: OtlpReceiver;
beforeEach(async () => {
  receiver = await startOtlpReceiver();
});
afterEach(() => receiver.stop());

async function spanNamed(name: string): Promise<ReceivedSpan> {
  return waitFor(() => receiver.spans().find(span => span.name === name), { what: `the span ${name}` });
}

describe('a process', () => {
  let running: TestProcess | undefined;
  afterEach(async () => {
    await running?.stop();
    running = undefined;
  });

  async function startServer(env: Readonly<Record<string, string>>, args: readonly string[] = []) {
    running = startNode([...args, 'test/integration/platform/traced-server.ts'], { env });
    const [, url = ''] = await running.waitForOutput(/listening on (\S+)/);
    return { url, server: running };
  }

  const post = (url: string, headers: Record<string, string> = {}) => fetch(url, { method: 'POST', headers });

  test("traces a request as a child of the client's span, by the semantic conventions", async () => {
    const { url } = await startServer(receiver.env);
    const response = await post(`${url}/v1/events?token=hunter2`, { ...sampled, baggage: 'secret=hunter2' });
    const passedOn: unknown = await response.json();
    const span = await spanNamed('POST /v1/events');
    expect(span).toMatchObject({
      service: 'traced',
      kind: 'server',
      traceId,
      parentSpanId: senderId,
      status: 'unset',
      resource: { 'service.name': 'traced', 'service.version': expect.stringMatching(/^\d+\.\d+\.\d+/) },
    });
    expect(span.attributes).toEqual({
      'http.request.method': 'POST',
      'http.route': '/v1/events',
      'http.response.status_code': 200,
      'url.path': '/v1/events',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(url).port),
    });
    expect(passedOn).toEqual({ traceparent: `00-${traceId}-${span.spanId}-01`, tracestate: 'vendor=value' });
  });

  test('begins a trace if the client sends none', async () => {
    const { url } = await startServer(receiver.env);
    await post(`${url}/v1/events`);
    expect(await spanNamed('POST /v1/events')).toMatchObject({ parentSpanId: null });
  });

  test('never exports a token that is part of a path', async () => {
    const { url } = await startServer(receiver.env);
    await post(`${url}/v1/webhooks/argo-cd/hunter2`);
    await post(`${url}/v1/webhooks/hunter2/nowhere/at/all?token=hunter2`);
    expect((await spanNamed('POST /v1/webhooks/:tool/:token')).attributes).toMatchObject({
      'http.route': '/v1/webhooks/:tool/:token',
      'url.path': '/v1/webhooks/:tool/:token',
      'http.response.status_code': 202,
    });
    expect((await spanNamed('POST')).attributes).toMatchObject({ 'http.response.status_code': 404 });
    expect(receiver.exports.map(({ body }) => String(body)).join()).not.toContain('hunter2');
  });

  test('does not trace probes, scrapes and unsampled requests', async () => {
    const { url } = await startServer(receiver.env);
    for (const path of ['/livez', '/readyz', '/metrics', '/readyz?verbose']) await fetch(`${url}${path}`);
    const response = await post(`${url}/v1/events`, unobserved);
    expect(await response.json()).toEqual({});
    await post(`${url}/v1/webhooks/github/t`);
    await spanNamed('POST /v1/webhooks/:tool/:token');
    expect(receiver.spans()).toHaveLength(1);
  });

  test('marks failed requests, and those whose client hung up', async () => {
    const { url, server } = await startServer(receiver.env);
    await fetch(`${url}/broken`);
    expect(await spanNamed('GET /broken')).toMatchObject({
      status: 'error',
      attributes: { 'error.type': '500', 'http.response.status_code': 500 },
    });
    const hasty = httpRequest(`${url}/silent`, { headers: { connection: 'close' } });
    hasty.on('error', () => {}).end();
    await server.waitForOutput(/someone waits/);
    hasty.destroy();
    const span = await spanNamed('GET /silent');
    expect(span).toMatchObject({ status: 'error', attributes: { 'error.type': 'hung_up' } });
    expect(span.attributes).not.toHaveProperty('http.response.status_code');
  });

  test('sends its last spans when it stops, and nothing but traces', async () => {
    const { url, server } = await startServer({ ...receiver.env, OTEL_BSP_SCHEDULE_DELAY: '60000' });
    await post(`${url}/v1/events`);
    expect(await server.stop()).toMatchObject({ code: 0 });
    expect(receiver.spans().map(({ name }) => name)).toEqual(['POST /v1/events']);
    expect([...new Set(receiver.exports.map(({ path }) => path))]).toEqual(['/v1/traces']);
  });

  test("has the service name of OpenTelemetry's settings", async () => {
    const own = { OTEL_SERVICE_NAME: 'ours', OTEL_RESOURCE_ATTRIBUTES: 'service.version=7,team=a' };
    const { url } = await startServer({ ...receiver.env, ...own });
    await post(`${url}/v1/events`);
    const { service, resource } = await spanNamed('POST /v1/events');
    expect(service).toBe('ours');
    expect(resource).toMatchObject({ 'service.version': '7', team: 'a' });
  });

  test('sends protobuf by default', async () => {
    const { OTEL_EXPORTER_OTLP_PROTOCOL: _json, ...env } = receiver.env;
    const { url } = await startServer(env);
    await post(`${url}/v1/events`);
    const sent = await waitFor(() => receiver.exports[0], { what: 'an export' });
    expect(sent).toMatchObject({ path: '/v1/traces', contentType: 'application/x-protobuf' });
    expect(String(sent.body)).toContain('POST /v1/events');
  });

  /** Prints the URL of every loaded module. */
  const printLoads = `--import=data:text/javascript,${encodeURIComponent(`
    import { registerHooks } from 'node:module';
    import { writeSync } from 'node:fs';
    registerHooks({
      load(url, context, next) {
        writeSync(1, 'loaded ' + url + '\\n');
        return next(url, context);
      },
    });`)}`;
  const loadedPackages = (server: TestProcess) => [
    ...new Set(
      [...server.output().matchAll(/^loaded .*\/(@opentelemetry\/[\w-]+)\//gm)].map(([, name]) => name),
    ),
  ];

  test('does not load OpenTelemetry while tracing is off', async () => {
    const { url, server } = await startServer({}, [printLoads]);
    await post(`${url}/v1/events`, sampled);
    expect(await server.stop()).toMatchObject({ code: 0 });
    expect(server.output()).toMatch(/^loaded .*\/node_modules\/fastify\//m);
    expect(loadedPackages(server)).toEqual([]);
  });

  test('loads OpenTelemetry when tracing is on', async () => {
    const { server } = await startServer(receiver.env, [printLoads]);
    expect(loadedPackages(server)).toContain('@opentelemetry/sdk-node');
  });

  describe('whose traces no server accepts', () => {
    const held = new Set<Socket>();
    const silent = createServer(socket => held.add(socket));
    afterEach(() => {
      for (const socket of held) socket.destroy();
      silent.close();
    });

    test.each([
      ['since nobody listens', () => freePort()],
      [
        'since nobody answers',
        async () => {
          const port = await freePort();
          await new Promise<void>(resolve => silent.listen(port, '127.0.0.1', resolve));
          return port;
        },
      ],
    ])('%s, it answers, says so once at most, and stops within its deadline', async (_case, port) => {
      const OTEL_EXPORTER_OTLP_ENDPOINT = `http://127.0.0.1:${await port()}`;
      const { url, server } = await startServer({
        ...receiver.env,
        OTEL_EXPORTER_OTLP_ENDPOINT,
        OTEL_BSP_SCHEDULE_DELAY: '10',
        OTEL_EXPORTER_OTLP_TIMEOUT: '200',
      });
      for (let sent = 0; sent < 20; sent += 1) expect((await post(`${url}/v1/events`)).status).toBe(200);
      await server.waitForOutput(/OpenTelemetry has trouble/);
      for (let sent = 0; sent < 20; sent += 1) expect((await post(`${url}/v1/events`)).status).toBe(200);
      expect(await server.stop()).toMatchObject({ code: 0 });
      expect(server.output().match(/OpenTelemetry has trouble/g)).toHaveLength(1);
    });

    test('does not wait for them when it stops', async () => {
      const port = await freePort();
      await new Promise<void>(resolve => silent.listen(port, '127.0.0.1', resolve));
      const { url, server } = await startServer({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
      await post(`${url}/v1/events`);
      // The timeout of the exporter is as long as the deadline of the whole stop.
      expect(await server.stop()).toMatchObject({ code: 0 });
      expect(server.output()).toContain('the last traces could not be sent');
    });
  });
});

describe('spans', () => {
  let telemetry: Telemetry;
  let tracing: Tracing;
  beforeEach(async () => {
    Object.assign(process.env, receiver.env);
    telemetry = await startTelemetry(
      process.env,
      'pipeline',
      createLogger({ name: 'test', level: 'silent' }),
    );
    if (telemetry.tracing === null) throw new Error('tracing should be on');
    tracing = telemetry.tracing;
  });
  afterEach(async () => {
    await telemetry.stop();
    for (const name of Object.keys(receiver.env)) delete process.env[name];
  });

  const topic = 'dora.events';
  const group = 'firstlight';
  const asBuffers = (headers: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, Buffer.from(text)]));
  function contextOf(carrier: Readonly<Record<string, string>>): TraceContext {
    const context = tracing.contextOf(carrier);
    if (context === null) throw new Error('the carrier should hold a context');
    return context;
  }

  test('make one trace from the request to the snapshot', async () => {
    const sending = startSending(tracing, contextOf(sampled), { topic, messages: 2 });
    expect(sending?.headers['traceparent']).toContain(traceId);
    sending?.end();

    const headers = asBuffers({ ce_id: '1', ...sending?.headers });
    const messages = [3, 3].map(partition => ({ partition, headers }));
    const processing = startProcessing(tracing, { topic, group }, messages);
    const origins = processing?.contexts ?? [];
    const payload = await inTransactionSpan(tracing, 'record', { origins, items: 2 }, async span =>
      JSON.stringify(span && tracing.carrierOf(span.context)),
    );
    processing?.end();

    const wake = contextOf(JSON.parse(payload));
    await inSharedSpan(tracing, 'refresh', { origins: [wake] }, async () => {});

    const refresh = await spanNamed('refresh');
    const [send, process, record] = await Promise.all(
      [`send ${topic}`, `process ${topic}`, 'record'].map(spanNamed),
    );
    expect([send, process, record, refresh].map(span => span?.parentSpanId)).toEqual([
      senderId,
      send?.spanId,
      process?.spanId,
      record?.spanId,
    ]);
    expect(new Set(receiver.spans().map(span => span.traceId))).toEqual(new Set([traceId]));
    expect([send, process, record, refresh].map(span => span?.kind)).toEqual([
      'producer',
      'consumer',
      'client',
      'internal',
    ]);
    const common = {
      'messaging.system.name': 'kafka',
      'messaging.destination.name': topic,
      'messaging.batch.message_count': 2,
    };
    expect(send?.attributes).toEqual({
      ...common,
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
    });
    expect(process?.attributes).toEqual({
      ...common,
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.consumer.group.name': group,
      'messaging.destination.partition.id': '3',
    });
    expect(record?.attributes).toEqual({
      'db.system.name': 'postgresql',
      'db.operation.name': 'record',
      'db.operation.batch.size': 2,
    });
    const names = new Set<unknown>(Object.values(conventions));
    const used = receiver.spans().flatMap(span => Object.keys(span.attributes));
    expect(used.filter(name => !names.has(name))).toEqual([]);
  });

  /** The headers of the sampled context with this number. */
  const sender = (number: number) => ({
    traceparent: `00-${traceId}-${String(number).padStart(16, '0')}-01`,
  });

  test('of a batch: one for each trace, and the shared work has links to the others', async () => {
    const messages = [
      { partition: 0, headers: sender(1) },
      { partition: 1, headers: sender(1) },
      { partition: 0, headers: sender(2) },
      { partition: 0, headers: unobserved },
      { partition: 0, headers: { traceparent: 'nonsense' } },
      { partition: 0, headers: {} },
      { partition: 0, headers: undefined },
    ];
    const processing = startProcessing(tracing, { topic, group }, messages);
    const origins = processing?.contexts ?? [];
    await inTransactionSpan(tracing, 'record', { origins, items: 7 }, async () => {});
    processing?.end(new Error('the database is away'));
    processing?.end();

    const record = await spanNamed('record');
    const [first, second, ...others] = await waitFor(() => {
      const found = receiver.spans().filter(span => span.kind === 'consumer');
      return found.length >= 2 && found;
    });
    expect(others).toEqual([]);
    expect(first?.attributes).toMatchObject({ 'messaging.batch.message_count': 2, 'error.type': 'Error' });
    expect(first?.attributes).not.toHaveProperty('messaging.destination.partition.id');
    expect(second?.attributes).not.toHaveProperty('messaging.batch.message_count');
    expect(second).toMatchObject({
      parentSpanId: '2'.padStart(16, '0'),
      status: 'error',
      events: ['exception'],
      attributes: { 'messaging.destination.partition.id': '0' },
    });
    expect(record.parentSpanId).toBe(first?.spanId);
    expect(record.links).toEqual([{ traceId, spanId: second?.spanId }]);
  });

  test('of a batch: a hundred at most', () => {
    const messages = Array.from({ length: 300 }, (_, index) => ({
      partition: 0,
      headers: sender(index + 1),
    }));
    const processing = startProcessing(tracing, { topic, group }, messages);
    expect(processing?.contexts).toHaveLength(100);
    processing?.end();
  });

  test('are not created for unsampled traces', async () => {
    const origins = [contextOf(unobserved)];
    expect(startSending(tracing, contextOf(unobserved), { topic, messages: 1 })).toBeNull();
    expect(startProcessing(tracing, { topic, group }, [{ partition: 0, headers: unobserved }])).toBeNull();
    expect(await inTransactionSpan(tracing, 'record', { origins, items: 1 }, async span => span)).toBeNull();
    const mixed = [...origins, contextOf(sender(1)), contextOf(unobserved)];
    await inSharedSpan(tracing, 'refresh', { origins: mixed }, async () => {});
    expect(await spanNamed('refresh')).toMatchObject({ parentSpanId: '1'.padStart(16, '0'), links: [] });
    expect(receiver.spans()).toHaveLength(1);
  });

  test('have the error of the work within them', async () => {
    const failure = Object.assign(new Error('deadlock detected'), { code: '40P01' });
    const work = inSpan(tracing, 'rebuild', { kind: 'client' }, () => Promise.reject(failure));
    await expect(work).rejects.toBe(failure);
    expect(await spanNamed('rebuild')).toMatchObject({
      status: 'error',
      events: ['exception'],
      attributes: { 'error.type': '40P01' },
    });
  });

  test('can be switched on again after they were stopped', async () => {
    await telemetry.stop();
    telemetry = await startTelemetry(process.env, 'again', createLogger({ name: 'test', level: 'silent' }));
    await inSpan(telemetry.tracing, 'work', {}, async () => {});
    expect(await spanNamed('work')).toMatchObject({ service: 'again' });
  });
});

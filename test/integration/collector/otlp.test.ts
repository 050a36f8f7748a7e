import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { EventHook } from '@openfeature/open-telemetry-hooks';
import { InMemoryProvider, OpenFeature } from '@openfeature/server-sdk';
import { logs } from '@opentelemetry/api-logs';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Catalogue, emptyCatalogue } from '../../../domain/catalogue/model.ts';
import { hashOf } from '../../../services/collector/access/tokens.ts';
import { Unavailable } from '../../../services/collector/publish/publisher.ts';
import {
  evaluated,
  exportRequest,
  type LoggedEvent,
  otherRecords,
} from '../../unit/services/collector/sources/otlp/payloads.ts';
import { type RunningCollector, receivedAt, startCollector } from './running-collector.ts';

const catalogue: Catalogue = {
  ...emptyCatalogue,
  services: [
    {
      name: 'checkout',
      aliases: [],
      repositories: [],
      paths: [],
      artifacts: [],
      environments: {},
      flags: { 'new-tax-engine': 'acme/shop#42' },
    },
  ],
};
const exposed = {
  type: 'change_exposed',
  service: 'checkout',
  environment: 'production',
  change: 'acme/shop#42',
  rollout: 'flag:new-tax-engine:acme/shop#42',
  strategy: 'flag',
};

async function send(
  { url }: RunningCollector,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; type: string | null; text: string; headers: Headers }> {
  const answer = await fetch(`${url}/v1/logs`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : JSON.stringify(body),
  });
  return {
    status: answer.status,
    type: answer.headers.get('content-type'),
    text: await answer.text(),
    headers: answer.headers,
  };
}

const eventsOf = ({ published }: RunningCollector) => published.map(({ event }) => event);

describe('the OpenFeature SDK with the OpenTelemetry hook', () => {
  afterEach(async () => {
    await OpenFeature.clearProviders();
    logs.disable();
  });

  test.each([
    ['JSON', JsonExporter, 'none'],
    ['JSON and gzip', JsonExporter, 'gzip'],
    ['protobuf', ProtobufExporter, 'none'],
    ['protobuf and gzip', ProtobufExporter, 'gzip'],
  ] as const)('sends evaluations as %s', async (_, Exporter, compression) => {
    const clock = { now: Date.now() };
    const collector = await startCollector({
      tokens: [{ name: 'shop', hash: hashOf('secret'), services: ['checkout'] }],
      catalogue: () => catalogue,
      now: () => clock.now,
    });
    const exporter = new Exporter({
      url: `${collector.url}/v1/logs`,
      headers: { authorization: 'Bearer secret' },
      compression: compression as NonNullable<
        ConstructorParameters<typeof JsonExporter>[0]
      >['compression'] & {},
    });
    const provider = new LoggerProvider({
      resource: resourceFromAttributes({ 'service.name': 'checkout' }),
      processors: [new BatchLogRecordProcessor({ exporter })],
    });
    logs.setGlobalLoggerProvider(provider as unknown as Parameters<typeof logs.setGlobalLoggerProvider>[0]);
    await OpenFeature.setProviderAndWait(
      new InMemoryProvider({
        'new-tax-engine': {
          disabled: false,
          variants: { on: true, off: false },
          defaultVariant: 'off',
          contextEvaluator: ({ targetingKey }) => (Number(targetingKey) < 10 ? 'on' : 'off'),
        },
      }),
    );
    const client = OpenFeature.getClient().addHooks(new EventHook());
    for (let user = 0; user < 40; user++)
      await client.getBooleanValue('new-tax-engine', false, { targetingKey: String(user) });
    await client.getBooleanValue('there-is-no-such-flag', false);
    await provider.shutdown();

    await vi.waitFor(() => expect(collector.published).toHaveLength(3));
    const [on, first, off] = eventsOf(collector);
    expect(on).toMatchObject({ type: 'flag_changed', service: 'checkout', variant: 'on' });
    expect(off).toMatchObject({ type: 'flag_changed', service: 'checkout', variant: 'off' });
    expect(first).toMatchObject({ ...exposed, weight: 1 });
    expect(Math.abs(Date.parse(first?.time ?? '') - clock.now)).toBeLessThan(60_000);

    clock.now += 60_000;
    await vi.waitFor(() => expect(collector.published).toHaveLength(5), { timeout: 10_000 });
    expect(eventsOf(collector)[3]).toMatchObject({ type: 'flag_changed', variant: '25 % on' });
    expect(eventsOf(collector)[4]).toMatchObject({ ...exposed, weight: 25 });
    expect(collector.observed.filter(line => line.startsWith('refused'))).toEqual([]);
  });

  test('works as in the example, which names the change itself', async () => {
    const collector = await startCollector({ tokens: [{ name: 'shop', hash: hashOf('secret') }] });
    await promisify(execFile)(process.execPath, ['examples/openfeature/evaluations.mjs'], {
      env: {
        OTEL_SERVICE_NAME: 'checkout',
        OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=production',
        OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${collector.url}/v1/logs`,
        OTEL_EXPORTER_OTLP_LOGS_HEADERS: 'Authorization=Bearer%20secret',
        OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: 'gzip',
      },
    });
    await vi.waitFor(() =>
      expect(eventsOf(collector)).toContainEqual(expect.objectContaining({ ...exposed, weight: 1 })),
    );
  });
});

describe('the answer', () => {
  test('is 200 and an empty message, in the encoding of the request', async () => {
    const collector = await startCollector();
    const json = await send(collector, exportRequest([...otherRecords, evaluated()]));
    expect(json).toMatchObject({ status: 200, type: 'application/json', text: '{}' });
    const protobuf = await send(collector, new Uint8Array(), { 'content-type': 'application/x-protobuf' });
    expect(protobuf).toMatchObject({ status: 200, type: 'application/x-protobuf', text: '' });
  });

  test('has the number of rejected records, and the reasons', async () => {
    const collector = await startCollector();
    const { 'feature_flag.key': _, ...keyless } = evaluated().attributes;
    const answer = await send(
      collector,
      exportRequest([{ ...evaluated(), attributes: keyless }, evaluated()]),
    );
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toEqual({
      partialSuccess: {
        rejectedLogRecords: '1',
        errorMessage: 'A log record about a flag has no feature_flag.key.',
      },
    });
    expect(collector.observed).toContain('refused invalid 1');
  });

  test('has the records of services that the token may not write as rejected', async () => {
    const tokens = [{ name: 'web', hash: hashOf('secret'), services: ['web'] }];
    const collector = await startCollector({ tokens });
    const answer = await send(collector, exportRequest([evaluated(), changed]), {
      authorization: 'Bearer secret',
    });
    expect(JSON.parse(answer.text).partialSuccess).toEqual({
      rejectedLogRecords: '2',
      errorMessage: 'The token web may not write this service.',
    });
    expect(collector.published).toEqual([]);
  });

  test.each([
    ['no token', {}, exportRequest([]), 401, 16],
    ['a wrong token', { authorization: 'Bearer guess' }, exportRequest([]), 401, 16],
    ['no logs', { authorization: 'Bearer secret' }, [], 400, 3],
    ['no gzip', { authorization: 'Bearer secret', 'content-encoding': 'gzip' }, {}, 400, 3],
    ['zstd', { authorization: 'Bearer secret', 'content-encoding': 'zstd' }, {}, 415, 3],
    ['text', { authorization: 'Bearer secret', 'content-type': 'text/plain' }, {}, 415, 3],
    [
      'invalid protobuf',
      { authorization: 'Bearer secret', 'content-type': 'application/x-protobuf' },
      Buffer.from([0x0a, 0xff, 0x01]),
      400,
      3,
    ],
  ])('%s is refused with a google.rpc.Status', async (_, headers, body, status, code) => {
    const collector = await startCollector({ tokens: [{ name: 'shop', hash: hashOf('secret') }] });
    const answer = await send(collector, body, headers as Record<string, string>);
    expect(answer.status).toBe(status);
    if (answer.type === 'application/json')
      expect(JSON.parse(answer.text)).toEqual({ code, message: expect.any(String) });
    // Field 1, a 32-bit number: the code.
    else expect([...Buffer.from(answer.text).subarray(0, 2)]).toEqual([0x08, code]);
    expect(collector.published).toEqual([]);
  });

  test('is 413 for a body that is too large, compressed or not', async () => {
    const collector = await startCollector({ limits: { bodyBytesMax: 1_000 } });
    const large = exportRequest(Array.from({ length: 100 }, () => evaluated()));
    const packed = await send(collector, gzipSync(JSON.stringify(large)), { 'content-encoding': 'gzip' });
    expect(packed.status).toBe(413);
    expect(JSON.parse(packed.text).message).toMatch(/larger than 4000 bytes/);
    expect((await send(collector, large)).status).toBe(413);
  });

  test('is 405 for GET, with the allowed method', async () => {
    const collector = await startCollector();
    const answer = await fetch(`${collector.url}/v1/logs`);
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

const changed: LoggedEvent = {
  eventName: 'flag_changed',
  time: '2026-05-04T09:00:00Z',
  attributes: { 'feature_flag.key': 'new-tax-engine', 'feature_flag.result.variant': 'on' },
};

describe('while the log is away', () => {
  const away = () => {
    const state = { isAway: true, published: [] as string[] };
    const publish = async (batch: readonly { readonly event: { readonly type: string } }[]) => {
      if (state.isAway) throw new Unavailable('away', 7);
      state.published.push(...batch.map(({ event }) => event.type));
    };
    return { state, publish };
  };

  test('changes of flags are refused with 503, and nothing of the request is counted', async () => {
    const { state, publish } = away();
    const collector = await startCollector({ publisher: { publish } });
    const request = exportRequest([changed, evaluated()]);
    const refused = await send(collector, request);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '7']);
    expect(JSON.parse(refused.text)).toEqual({ code: 14, message: expect.any(String) });
    state.isAway = false;
    expect((await send(collector, request)).status).toBe(200);
    await vi.waitFor(() => expect(state.published).toEqual(['flag_changed', 'flag_changed']));
  });

  test('evaluations are accepted, and their estimates are published later', async () => {
    const { state, publish } = away();
    const collector = await startCollector({ publisher: { publish } });
    expect((await send(collector, exportRequest([evaluated()]))).status).toBe(200);
    state.isAway = false;
    await vi.waitFor(() => expect(state.published).toEqual(['flag_changed']), { timeout: 10_000 });
  });
});

test('the first sight of a variant has the time of its evaluation, and the same id from every collector', async () => {
  const recorded = async () => {
    const collector = await startCollector();
    await send(collector, exportRequest([evaluated()]));
    await vi.waitFor(() => expect(collector.published).toHaveLength(1));
    return collector.published[0];
  };
  const first = await recorded();
  expect(first?.event.time).toBe('2026-05-04T09:29:59.345Z');
  expect(Date.parse(first?.event.time ?? '')).toBeLessThan(receivedAt);
  expect(await recorded()).toEqual(first);
});

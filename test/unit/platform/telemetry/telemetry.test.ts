import { fastify } from 'fastify';
import { describe, expect, test, vi } from 'vitest';
import { ConfigError } from '../../../../platform/process/config.ts';
import { inTransactionSpan } from '../../../../platform/telemetry/database-spans.ts';
import { silentLogger } from '../../../../platform/telemetry/log.ts';
import { startProcessing, startSending } from '../../../../platform/telemetry/messaging-spans.ts';
import { inSharedSpan, inSpan, startSharedSpan } from '../../../../platform/telemetry/spans.ts';
import { startTelemetry } from '../../../../platform/telemetry/telemetry.ts';
import { traceRequests } from '../../../../platform/telemetry/trace-requests.ts';

const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };
const start = (env: Record<string, string>) => startTelemetry(env, 'collector', silentLogger);

describe('startTelemetry', () => {
  test.each([
    ['without an endpoint', {}],
    ['with an empty endpoint', { OTEL_EXPORTER_OTLP_ENDPOINT: '' }],
    ['with the SDK disabled', { ...endpoint, OTEL_SDK_DISABLED: 'true' }],
    ['with the SDK disabled in other letters', { ...endpoint, OTEL_SDK_DISABLED: 'True' }],
    ['with no exporter', { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }],
    ['with other settings only', { OTEL_SERVICE_NAME: 'a', OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://a' }],
  ])('is off %s', async (_case, env) => {
    const telemetry = await start(env);
    expect(telemetry.tracing).toBeNull();
    await telemetry.stop();
  });

  test('names every endpoint that is not a URL, without its value', async () => {
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'hunter2:4318',
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '/hunter2',
    };
    const failure = await start(env).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect(failure).toMatchObject({
      problems: [
        'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL, such as http://127.0.0.1:4318',
        'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be a URL, such as http://127.0.0.1:4318',
      ],
    });
  });
});

describe('when tracing is off', () => {
  const untouchable = new Proxy(
    {},
    {
      get: (_headers, name) => {
        throw new Error(`the header ${String(name)} was read`);
      },
    },
  );

  test('work is done without spans', async () => {
    const shared = { origins: [] };
    const work = async (span: unknown) => span;
    expect(await inSpan(null, 'work', {}, work)).toBeNull();
    expect(await inSharedSpan(null, 'work', shared, work)).toBeNull();
    expect(await inTransactionSpan(null, 'record', { origins: [], items: 3 }, work)).toBeNull();
    expect(startSharedSpan(null, 'work', shared)).toBeNull();
    const failing = inSpan(null, 'work', {}, () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
  });

  test('messages get no headers, and theirs are not read', () => {
    expect(startSending(null, null, { topic: 'dora.events', messages: 3 })).toBeNull();
    const messages = [{ partition: 0, headers: untouchable }];
    expect(startProcessing(null, { topic: 'dora.events', group: 'g' }, messages)).toBeNull();
  });

  test('a request has no context, whatever its sender says', async () => {
    const server = fastify();
    await server.register(traceRequests, { tracing: null });
    const seen = vi.fn();
    server.get('/', async request => {
      seen(request.traceContext);
      return {};
    });
    await server.inject({ url: '/', headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } });
    expect(seen).toHaveBeenCalledExactlyOnceWith(null);
    await server.close();
  });
});

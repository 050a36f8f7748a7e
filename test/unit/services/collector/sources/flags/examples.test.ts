import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { emptyCatalogue } from '../../../../../../domain/catalogue/catalogue.ts';
import { launchdarkly } from '../../../../../../services/collector/sources/launchdarkly/launchdarkly.ts';
import { unleash } from '../../../../../../services/collector/sources/unleash/unleash.ts';
import { launchdarklyEntry } from '../launchdarkly/payloads.ts';
import { unleashEvent } from '../unleash/payloads.ts';

const example = (path: string) => readFileSync(`examples/${path}`, 'utf8');
const request = (payload: object) => ({ headers: {}, query: {}, body: Buffer.from(JSON.stringify(payload)) });
const context = { catalogue: emptyCatalogue, receivedAt: Date.parse('2026-05-04T09:30:00Z') };

describe('the example of Unleash', () => {
  const { parameters, events } = JSON.parse(example('unleash/webhook.json'));

  test('sends here, with a token and no body template', () => {
    expect(new URL(parameters.url).pathname).toBe(`/v1/webhooks/${unleash.tool}`);
    expect(parameters.authorization).toMatch(/^Bearer /);
    expect(parameters).not.toHaveProperty('bodyTemplate');
  });

  test.each(events as string[])('subscribes to %s, which tells something', type =>
    expect(unleash.parse(request(unleashEvent(type)), context).events).toHaveLength(1),
  );
});

describe('the example of LaunchDarkly', () => {
  const { url, statements } = JSON.parse(example('launchdarkly/webhook.json'));

  test('sends here, with the token in the path', () =>
    expect(new URL(url).pathname).toBe(`/v1/webhooks/${launchdarkly.tool}/WEBHOOK_TOKEN`));

  test.each(statements[0].actions as string[])('subscribes to %s, which tells something', action =>
    expect(launchdarkly.parse(request(launchdarklyEntry([action])), context).events).toHaveLength(1),
  );
});

test('the example of an OpenTelemetry Collector sends logs here, with a token', () => {
  const { exporters, service } = parse(example('openfeature/collector.yaml'));
  const { logs_endpoint: endpoint, headers } = exporters['otlphttp/firstlight'];
  expect(new URL(endpoint).pathname).toBe('/v1/logs');
  expect(headers.Authorization).toMatch(/^Bearer /);
  expect(service.pipelines['logs/firstlight'].exporters).toEqual(['otlphttp/firstlight']);
});

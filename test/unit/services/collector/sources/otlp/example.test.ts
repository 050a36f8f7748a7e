import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

test('the example of an OpenTelemetry Collector sends logs here, with a token', () => {
  const { exporters, service } = parse(readFileSync('examples/openfeature/collector.yaml', 'utf8'));
  const { logs_endpoint: endpoint, headers } = exporters['otlphttp/firstlight'];
  expect(new URL(endpoint).pathname).toBe('/v1/logs');
  expect(headers.Authorization).toMatch(/^Bearer /);
  expect(service.pipelines['logs/firstlight'].exporters).toEqual(['otlphttp/firstlight']);
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { flagger } from '../../../../../../services/collector/sources/flagger/flagger.ts';
import { parsedEvents } from '../../../../../support/senders/tool-request.ts';
import { flaggerEvent } from './payloads.ts';

interface Webhook {
  readonly type: string;
  readonly url: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The webhooks of an example, rendered with the values of a chart. */
function webhooksIn(file: string, values: Readonly<Record<string, string>> = {}): readonly Webhook[] {
  const text = readFileSync(new URL(`../../../../../../examples/flagger/${file}`, import.meta.url), 'utf8');
  const filled = text.replace(/\{\{ \.([\w.]+) \}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${file} uses ${name}`);
    return value;
  });
  return parse(filled).spec.analysis.webhooks;
}

const values = {
  'Release.Name': 'checkout',
  'Release.Namespace': 'shop',
  'Release.Revision': '1042',
  'Values.environment': 'production',
  'Values.firstlight.token': 'WEBHOOK_TOKEN',
  'Values.image.repository': 'ghcr.io/acme/checkout',
  'Values.image.tag': '4f1c2ab',
};

test.each([
  ['canary.yaml', { change: '4f1c2ab' }],
  ['canary.helm.yaml', { artifact: 'ghcr.io/acme/checkout:4f1c2ab' }],
])('%s sends events only, to our address, with the metadata that Flagger lacks', (file, names) => {
  const webhooks = webhooksIn(file, values);
  expect(webhooks).toMatchObject([
    { type: 'event', url: expect.stringMatching(/^http:\S+:8080\/v1\/webhooks\/flagger\/WEBHOOK_TOKEN$/) },
  ]);
  const metadata = webhooks[0]?.metadata ?? {};
  // Flagger accepts texts only.
  expect(Object.values(metadata).every(value => typeof value === 'string')).toBe(true);
  const payload = flaggerEvent({ message: 'Advance checkout.shop canary weight 10', metadata });
  expect(parsedEvents(flagger, payload)).toMatchObject([
    { service: 'checkout', environment: 'production', rollout: 'checkout-1042', weight: 10, ...names },
  ]);
});

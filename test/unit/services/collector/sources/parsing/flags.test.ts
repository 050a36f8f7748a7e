import { describe, expect, test } from 'vitest';
import { emptyCatalogue } from '../../../../../../domain/catalogue/model.ts';
import { unleash } from '../../../../../../services/collector/sources/unleash/unleash.ts';
import { lines, parsedBy, service, shop } from '../../../../../support/senders/flag-systems.ts';
import { unleashEvent } from '../unleash/payloads.ts';

describe('a flag', () => {
  test('that releases no change gives a flag_changed without a service', () =>
    expect(lines(unleash, unleashEvent('feature-environment-enabled'), emptyCatalogue)).toEqual([
      'flag_changed undefined on',
    ]));

  test('that releases changes of two services exposes both; the address may name one', () => {
    const web = { ...service, name: 'web', flags: { 'new-tax-engine': 'acme/web#7' } };
    const both = { ...shop, services: [service, web] };
    const payload = unleashEvent('feature-environment-enabled');
    expect(lines(unleash, payload, both)).toHaveLength(4);
    const { events } = parsedBy(unleash, payload, both, { service: 'web', environment: 'eu' });
    expect(events).toMatchObject([{ service: 'web' }, { change: 'acme/web#7', environment: 'eu' }]);
  });

  test('has the environment that the catalogue maps', () => {
    const catalogue = { ...shop, environments: { production: 'live' } };
    expect(parsedBy(unleash, unleashEvent('feature-environment-enabled'), catalogue).events[1]).toMatchObject(
      {
        environment: 'live',
      },
    );
  });
});

import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { type Catalogue, emptyCatalogue } from '../../../../../domain/catalogue/model.ts';
import { Snapshot } from '../../../../../services/metrics/live/snapshot.ts';
import { withTeams } from '../../../../../services/metrics/live/source.ts';
import { daysAgo, MemorySource, noon, observation, seriesOf, stream } from '../memory-source.ts';

function catalogueOf(...teams: [service: string, team?: string, alias?: string][]): Catalogue {
  const lists = { repositories: [], paths: [], artifacts: [], environments: {}, flags: {} };
  const services = teams.map(([name, team, alias]) => ({
    ...lists,
    name,
    ...(team !== undefined && { team }),
    aliases: alias === undefined ? [] : [alias],
  }));
  return { ...emptyCatalogue, services };
}

async function shown(first: Catalogue) {
  let catalogue = first;
  const source = new MemorySource();
  const teams = { checkout: 'events-say', search: 'events-say', 'shop-web': '' };
  for (const [service, team] of Object.entries(teams)) {
    const of = stream({ service, team, exposedTotal: 1 });
    source.streams.push(of);
    source.observations.push(observation(of, 'exposed', daysAgo(1)));
  }
  const snapshot = new Snapshot({
    source: withTeams(source, () => catalogue),
    now: () => noon,
    registry: new Registry(),
    onError: error => {
      throw error;
    },
    readEveryMs: 1,
  });
  onTestFinished(() => snapshot.stop());
  await snapshot.start();
  return {
    exposed: (labels: Record<string, string>, of = 'dora') =>
      seriesOf(String(snapshot.text), `${of}_exposed_changes`, { window: '7d', ...labels }),
    change: async (next: Catalogue) => {
      catalogue = next;
      snapshot.invalidate(null, null);
      await snapshot.refreshed();
    },
  };
}

test("the catalogue's team wins over that of the events, which stays where the catalogue names none", async () => {
  const { exposed } = await shown(
    catalogueOf(['checkout', 'payments'], ['search'], ['web', 'design', 'shop-web']),
  );
  expect(exposed({ service: 'checkout', team: 'payments' })).toBe(1);
  expect(exposed({ service: 'search', team: 'events-say' })).toBe(1);
  expect(exposed({ service: 'shop-web', team: 'design' })).toBe(1);
  expect(exposed({ team: 'events-say' }, 'dora_team')).toBe(1);
});

test('a changed catalogue shows with the next reading, and leaves no series of the old team', async () => {
  const { exposed, change } = await shown(catalogueOf(['checkout', 'payments']));
  await change(catalogueOf(['checkout', 'orders'], ['search', 'orders']));
  expect(exposed({ service: 'checkout', team: 'orders' })).toBe(1);
  expect(exposed({ team: 'payments' })).toBeUndefined();
  expect(exposed({ team: 'orders' }, 'dora_team')).toBe(2);
  await change(emptyCatalogue);
  expect(exposed({ team: 'events-say' }, 'dora_team')).toBe(2);
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Measure } from '../../../../../../domain/metrics/measures.ts';
import { RecentStreams } from '../../../../../../services/metrics/live/cache/recent-streams.ts';
import type { StreamColumns } from '../../../../../../services/metrics/live/columns.ts';
import { runs } from '../../../../../support/run/properties.ts';
import {
  daysAgo,
  MemorySource,
  noon,
  observation,
  type StreamObservation,
  stream,
} from '../../memory-source.ts';

const names = ['a', 'b', 'c'];
const environments = ['production', 'staging'];

const added = fc.record({
  service: fc.constantFrom(...names),
  environment: fc.constantFrom(...environments),
  measure: fc.constantFrom<Measure>('exposed', 'lead_time', 'restored'),
  at: fc.integer({ min: daysAgo(95), max: noon }),
  value: fc.nat(1000),
});
/** A transaction adds observations, moves the newest one, takes it away, or takes the service away. */
const transaction = fc.record({
  added: fc.array(added, { maxLength: 3 }),
  last: fc.constantFrom('stays', 'moves', 'goes'),
  gone: fc.option(fc.constantFrom(...names), { freq: 5 }),
  isRead: fc.boolean(),
});

/** Of each stream the observations of the longest window, without the bins that follow from the values. */
function contentsOf(streams: readonly StreamColumns[]): Record<string, Record<string, [number, number][]>> {
  return Object.fromEntries(
    streams.map(({ stream: { service, environment }, columns }) => [
      `${service} ${environment}`,
      Object.fromEntries(
        [...columns].flatMap(([measure, { timestamps, values }]) => {
          const rows = [...timestamps].map((at, i): [number, number] => [at, values[i] ?? Number.NaN]);
          const inWindow = rows.filter(([at]) => at >= daysAgo(90)).sort(([a, v], [b, w]) => a - b || v - w);
          return inWindow.length > 0 ? [[measure, inWindow]] : [];
        }),
      ),
    ]),
  );
}

test('after every refresh the streams are those that a reload reads', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(transaction, { maxLength: 10 }), async transactions => {
      const source = new MemorySource();
      source.streams = names.flatMap(service =>
        environments.map(environment => stream({ service, environment })),
      );
      const recent = new RecentStreams(source);
      await recent.reload(noon);
      const pending = new Map<string, number>();
      const invalidate = (service: string, since: number) =>
        pending.set(service, Math.min(since, pending.get(service) ?? since));
      const serviceOf = (of: StreamObservation) =>
        source.streams.find(({ id }) => id === of.stream)?.service ?? '';
      for (const { added: rows, last, gone, isRead } of transactions) {
        for (const { service, environment, measure, at, value } of rows) {
          const of = source.streams.find(
            each => each.service === service && each.environment === environment,
          );
          if (!of) continue;
          source.observations.push(observation(of, measure, at, value));
          invalidate(service, at);
        }
        const newest = last === 'stays' ? undefined : source.observations.pop();
        if (newest) invalidate(serviceOf(newest), newest.at);
        if (newest && last === 'moves') {
          source.observations.push({ ...newest, at: newest.at - 1000 });
          invalidate(serviceOf(newest), newest.at - 1000);
        }
        if (gone !== null) {
          source.streams = source.streams.filter(({ service }) => service !== gone);
          invalidate(gone, -Infinity);
        }
        if (!isRead) continue;
        await recent.refresh(new Map(pending), noon);
        pending.clear();
        const plain = new RecentStreams(source);
        await plain.reload(noon);
        expect(contentsOf(recent.all())).toEqual(contentsOf(plain.all()));
      }
    }),
    { numRuns: runs(60) },
  );
});

test('a stream in which a refresh finds nothing new keeps its columns', async () => {
  const source = new MemorySource();
  const of = stream();
  source.streams = [of];
  source.observations = [observation(of, 'exposed', daysAgo(3)), observation(of, 'exposed', daysAgo(1))];
  const recent = new RecentStreams(source);
  await recent.reload(noon);
  const [before] = recent.all();
  await recent.refresh(new Map([['checkout', daysAgo(2)]]), noon);
  expect(recent.all()[0]?.columns).toBe(before?.columns);
});

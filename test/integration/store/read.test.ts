import { expect, test } from 'vitest';
import { measureNames, measures } from '../../../domain/metrics/measures.ts';
import { readObservations } from '../../../store/read/observations.ts';
import { readStreams } from '../../../store/read/streams.ts';
import { engines, openTestStore } from '../../support/databases/test-store.ts';
import type { StreamObservation } from '../../unit/services/metrics/memory-source.ts';

/** Numbers of rows around the sizes of the pages of streams and observations. */
const rowsOf = [0, 1, 999, 1_000, 1_001, 8_999, 9_000, 25_500, ...Array.from({ length: 40 }, () => 3)];

test.each(engines)(
  'on %s every observation of a period is read once, in order, however many a stream has',
  async engine => {
    const { db, close } = await openTestStore(engine);
    try {
      const services = rowsOf.map((_, index) => ({ name: `s${String(index).padStart(2, '0')}` }));
      await db.insertInto('service').values(services).execute();
      const ids = await db.selectFrom('service').select(['id', 'name']).orderBy('name', 'desc').execute();
      // Streams in another order than their services.
      const streams = await db
        .insertInto('stream')
        .values(
          ids.map(({ id }) => ({
            service_id: id,
            environment: 'production',
            exposed_total: 1,
            rolled_back_total: 0,
          })),
        )
        .returning(['id', 'service_id'])
        .execute();
      const [from, to] = [1_000, 9_000];
      const stored: (StreamObservation & { readonly subject: number })[] = streams.flatMap(
        ({ id, service_id }) => {
          const index = services.findIndex(({ name }) => ids.find(of => of.id === service_id)?.name === name);
          // Many at the same time, and some outside of the period.
          return Array.from({ length: rowsOf[index] ?? 0 }, (_, subject) => ({
            stream: id,
            measure: measureNames[subject % 3] ?? 'exposed',
            at: subject % 100 === 99 ? ([from - 1, to][subject % 2] ?? 0) : from + (subject % 70),
            value: subject,
            subject,
          }));
        },
      );
      const rows = stored.map(({ stream, measure, at, value, subject }) => ({
        stream_id: stream,
        measure: measures[measure].id,
        subject,
        at,
        value,
      }));
      for (let i = 0; i < rows.length; i += 1_000)
        await db
          .insertInto('observation')
          .values(rows.slice(i, i + 1_000))
          .execute();

      const wanted = stored.filter(({ at }) => from <= at && at < to);
      for (const names of [null, ['s07', 's03', 's02', 'unknown']]) {
        const asked = await readStreams(db, names);
        expect(asked.map(({ service }) => service)).toEqual(
          names === null ? services.map(({ name }) => name) : ['s02', 's03', 's07'],
        );
        const isAsked = new Set(asked.map(({ id }) => id));
        const pages = await Array.fromAsync(readObservations(db, { services: names, from, to }));
        const read = pages.flatMap(({ stream, observations }) =>
          [...observations].map(of => ({ stream, ...of })),
        );
        const keyOf = ({ stream, measure, at, value }: StreamObservation) =>
          `${stream} ${measure} ${at} ${value}`;
        expect(read.map(keyOf).sort()).toEqual(
          wanted
            .filter(({ stream }) => isAsked.has(stream))
            .map(keyOf)
            .sort(),
        );
        for (const [, of] of Map.groupBy(read, ({ stream }) => stream))
          expect(of.every(({ at }, i) => i === 0 || (of[i - 1]?.at ?? at) <= at)).toBe(true);
      }
    } finally {
      await close();
    }
  },
);

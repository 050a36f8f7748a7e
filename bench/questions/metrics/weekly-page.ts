/**
 * Question: how long until the first byte of the weekly page, when something has just changed, with a year of 500
 * services? Baseline: a bare handler that sends the same bytes from the same server.
 *
 * The observations come from memory: reading them is the snapshot's work, and done before somebody asks.
 */
import { Registry } from 'prom-client';
import { dayMs, type Measure } from '../../../domain/metrics/definitions.ts';
import { buildServer } from '../../../platform/http/server.ts';
import { silentLogger } from '../../../platform/telemetry/log.ts';
import { metricsRoutes } from '../../../services/metrics/app.ts';
import { Snapshot } from '../../../services/metrics/live/snapshot.ts';
import {
  invalidateWholly,
  type Observation,
  type ObservationSource,
  type Stream,
} from '../../../services/metrics/live/source.ts';
import { type Answer, alternate, answer } from '../../measure/measure.ts';
import { report } from '../../measure/report.ts';

const services = 500;
/** Rollouts of a service in a year. */
const rollouts = 250;
const goalMs = 200;

/** Observations made up for each stream when it is read; the same ones every time. */
export interface MadeUp {
  readonly services: number;
  /** Of a service, spread evenly. */
  readonly rollouts: number;
  /** Back from `now`, milliseconds since 1970. */
  readonly days: number;
  readonly now: number;
  /** Incidents of a service that are open; default none. */
  readonly open?: number;
}

/** A source that makes its observations up and keeps none, however many there are. */
export function madeUpSource(of: MadeUp): ObservationSource {
  const streams = Array.from({ length: of.services }, (_, index) => streamOf(of, index));
  const named = new Map(streams.map(stream => [stream.service, stream]));
  const asked = (names: readonly string[] | null) => names?.flatMap(name => named.get(name) ?? []) ?? streams;
  return {
    readStreams: async names => asked(names),
    readObservations: async function* ({ services: names, from, to }) {
      for (const { id } of asked(names))
        yield { stream: id, observations: samplesOf(of, id).filter(({ at }) => from <= at && at < to) };
    },
    readScored: async function* () {},
    readCourses: async function* () {},
    countFlagChanges: async () => 3,
    conflictingRepeats: async () => 0,
  };
}

function streamOf({ rollouts, open = 0, now }: MadeUp, index: number): Stream {
  return {
    id: index + 1,
    service: `service-${index}`,
    team: `team-${Math.floor(index / 20)}`,
    environment: 'production',
    exposedTotal: rollouts,
    rolledBackTotal: 0,
    openSince: Array.from({ length: open }, (_, incident) => now - 60_000 * (open - incident)),
    partialSince: null,
  };
}

/** In the order of time. */
function samplesOf({ rollouts, days, now }: MadeUp, stream: number): Observation[] {
  return Array.from({ length: rollouts }, (_, index): Observation[] => {
    const rollout = rollouts - 1 - index;
    const at = now - 1 - Math.floor(((rollout + (stream % 7) / 7) / rollouts) * days * dayMs);
    const observation = (measure: Measure, value = 0) => ({ measure, at, value });
    const failed = (rollout * 31 + stream) % 9 === 0;
    return [
      observation('exposed'),
      observation('progressive'),
      observation('lead_time', ((rollout * 7919 + stream * 104_729) % 86_400) * 1_000),
      observation('created_to_merged', 3_600_000 + ((rollout * 1_009 + stream) % 3_600) * 1_000),
      observation('exposed_to_full', 1_800_000),
      ...(failed
        ? [
            observation('contained', 60_000),
            observation('intervened'),
            observation('rollback_recovered', 90_000),
          ]
        : []),
      ...(failed && rollout % 2 === 0
        ? [observation('restored', 600_000), observation('outage_recovered', 600_000)]
        : []),
    ];
  }).flat();
}

async function weeklyPage(): Promise<Answer[]> {
  const now = Date.now;
  const source = madeUpSource({ services, rollouts, days: 365, now: now() });
  const registry = new Registry();
  const snapshot = new Snapshot({ source, now, registry, onError: console.error, readEveryMs: 1 });
  await snapshot.start();
  const server = buildServer({ logger: silentLogger, bodyBytesMax: 1_000 });
  await server.register(metricsRoutes, {
    snapshot,
    source,
    registry,
    readToken: undefined,
    timezone: 'UTC',
    now,
  });
  let bare = Buffer.alloc(0);
  server.get('/bare', (_request, reply) => reply.type('text/html; charset=utf-8').send(bare));
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const firstByte = async (path: string) => {
    const startedAt = performance.now();
    const response = await fetch(url + path);
    const reader = response.body?.getReader();
    await reader?.read();
    const ms = performance.now() - startedAt;
    await reader?.cancel();
    if (!response.ok) throw new Error(`${path} answered ${response.status}`);
    return ms;
  };
  const answers: Answer[] = [];
  try {
    for (const path of ['/', '/?weeks=26', '/?weeks=53', '/api/v1/weekly?weeks=12&format=html']) {
      bare = Buffer.from(await (await fetch(url + path)).arrayBuffer());
      const rounds = await alternate(
        async () => {
          snapshot.invalidate(invalidateWholly(['service-7']), null);
          await snapshot.refreshed();
          return firstByte(path);
        },
        () => firstByte('/bare'),
      );
      answers.push(
        answer(
          {
            question: `first byte of ${path} after a change, a year of ${services} services`,
            unit: 'ms',
            goal: { value: 'at most', of: goalMs },
          },
          rounds,
        ),
      );
    }
  } finally {
    await server.close();
    await snapshot.stop();
  }
  return answers;
}

if (import.meta.main) report(await weeklyPage());

import { dayMs } from '../../domain/metrics/definitions.ts';
import type { Measure } from '../../domain/metrics/measures.ts';
import type { Observation, ObservationSource, Stream } from '../../services/metrics/live/source.ts';

/** The size of a made-up history. */
export interface MadeUp {
  readonly services: number;
  /** Per service, spread evenly. */
  readonly rollouts: number;
  /** Length of the history, up to `now`. */
  readonly days: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Open incidents per service; default none. */
  readonly open?: number;
}

/** A source that computes its observations at each read, the same ones every time, and stores none. */
export function madeUpSource(of: MadeUp): ObservationSource {
  const streams = Array.from({ length: of.services }, (_, index) => streamOf(of, index));
  const named = new Map(streams.map(stream => [stream.service, stream]));
  const streamsOf = (names: readonly string[] | null) =>
    names?.flatMap(name => named.get(name) ?? []) ?? streams;
  return {
    readStreams: async names => streamsOf(names),
    readObservations: async function* ({ services: names, from, to }) {
      for (const { id } of streamsOf(names))
        yield { stream: id, observations: observationsOf(of, id).filter(({ at }) => from <= at && at < to) };
    },
    readScored: async function* () {},
    readCounterHistories: async function* () {},
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
function observationsOf({ rollouts, days, now }: MadeUp, stream: number): Observation[] {
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

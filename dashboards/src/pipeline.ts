import { dashboard, uids } from './frame.ts';
import { bars, lines, stat, table } from './panels.ts';
import { now, over, rows } from './sources.ts';
import { firstlightUrl, prometheusSource } from './variables.ts';

const rate = (name: string) => `rate(${name}[$__rate_interval])`;
const quantile = (rank: number, name: string) =>
  `histogram_quantile(${rank}, sum by (le) (${rate(`${name}_bucket`)}))`;

/** The pipeline's own health. @param url the address of the weekly page */
export function pipeline(url: string) {
  return dashboard(
    {
      uid: uids.pipeline,
      title: 'Firstlight / Firstlight itself',
      description:
        'Whether events come in, are stored, and are seen: the health of collectors, consumers and metrics services.',
      variables: [prometheusSource(), firstlightUrl(url)],
      from: 'now-6h',
      refresh: '30s',
      annotations: [],
      page: '${firstlight}/',
    },
    [
      { title: 'At a glance', panels: glance() },
      { title: 'Events come in', panels: collector() },
      { title: 'Events are stored', panels: consumer() },
      { title: 'Numbers are seen', panels: metrics() },
      { title: 'What the events leave open', panels: findings() },
    ],
  );
}

function glance() {
  return [
    stat({
      title: 'Replicas that answer',
      description: 'Processes of each service that Prometheus reaches.',
      unit: 'none',
      queries: [now('sum by (job) (up{job=~"firstlight.*"})', '{{job}}')],
      width: 8,
      empty: 'None',
    }),
    stat({
      title: 'Age of the numbers',
      description:
        'Time since the database last confirmed what the metrics services show; of the freshest one.',
      unit: 's',
      queries: [now('min(firstlight_snapshot_age_seconds)', 'age')],
      width: 4,
      goal: 120,
      decimals: 0,
    }),
    stat({
      title: 'Messages that wait',
      description: 'Accepted events in Kafka that are not stored yet. The standalone run has no Kafka.',
      unit: 'none',
      queries: [now('sum(firstlight_consumer_lag_messages)', 'waiting')],
      width: 4,
      empty: 'No consumer',
    }),
    stat({
      title: 'Dead letters, last day',
      description: 'Messages and requests put aside because they could not be read or stored.',
      unit: 'none',
      queries: [now('sum(increase(firstlight_dead_letters_total[1d]))', 'dead letters')],
      width: 4,
      decimals: 0,
      goal: 1,
      empty: '0',
    }),
    stat({
      title: 'Event to visible (p99)',
      description:
        'Time from accepting an event to the snapshot that shows it, of the oldest event of each batch, over a day.',
      unit: 's',
      queries: [
        now(
          'histogram_quantile(0.99, sum by (le) (increase(firstlight_event_visible_seconds_bucket[1d])))',
          'p99',
        ),
      ],
      width: 4,
      goal: 5,
      decimals: 1,
      empty: 'No events',
    }),
  ];
}

function collector() {
  return [
    bars({
      title: 'Events accepted',
      description: 'Events per second answered with 202, repeated ones included, by the way in.',
      unit: 'ops',
      queries: [over(`sum by (source) (${rate('firstlight_events_accepted_total')})`, '{{source}}')],
      width: 12,
      empty: 'None',
    }),
    lines({
      title: 'Events accepted by type',
      description: 'Events per second answered with 202, by type.',
      unit: 'ops',
      queries: [over(`sum by (type) (${rate('firstlight_events_accepted_total')})`, '{{type}}')],
      width: 12,
      empty: 'None',
    }),
    lines({
      title: 'Events refused',
      description:
        'Events per second of requests that were refused, by the way in and by reason. Their senders were told.',
      unit: 'ops',
      queries: [
        over(
          `sum by (source, reason) (${rate('firstlight_events_refused_total')})`,
          '{{source}}: {{reason}}',
        ),
      ],
      width: 12,
      empty: 'None',
    }),
    lines({
      title: 'Unknown services',
      description:
        'Services per second that tools told of and the catalogue does not know, by the way in. Without a catalogue there are none.',
      unit: 'ops',
      queries: [over(`sum by (source) (${rate('firstlight_unknown_services_total')})`, '{{source}}')],
      width: 12,
      empty: 'None',
    }),
  ];
}

function consumer() {
  return [
    lines({
      title: 'Messages that wait, by partition',
      description: 'Messages of each partition that are not stored yet.',
      unit: 'none',
      queries: [over('sum by (partition) (firstlight_consumer_lag_messages)', '{{partition}}')],
      width: 8,
      empty: 'No consumer',
    }),
    lines({
      title: 'Events stored',
      description:
        'Events per second read from the log and committed, by what became of them: stored, repeated or conflicting.',
      unit: 'ops',
      queries: [over(`sum by (outcome) (${rate('firstlight_consumer_events_total')})`, '{{outcome}}')],
      width: 8,
      empty: 'No consumer',
    }),
    lines({
      title: 'Time of a transaction',
      description: 'From the begin of a batch to its commit. Where it grows, the database is the bottleneck.',
      unit: 's',
      queries: [
        over(quantile(0.5, 'firstlight_consumer_batch_seconds'), 'p50', 'A'),
        over(quantile(0.99, 'firstlight_consumer_batch_seconds'), 'p99', 'B'),
      ],
      width: 8,
      empty: 'No consumer',
    }),
    lines({
      title: 'Events of a transaction',
      description:
        'How many events are stored at once: few in quiet times, up to thousands when there is much to catch up.',
      unit: 'none',
      queries: [
        over(
          `sum(${rate('firstlight_consumer_batch_events_sum')}) / sum(${rate('firstlight_consumer_batch_events_count')})`,
          'mean',
          'A',
        ),
      ],
      width: 12,
      empty: 'No consumer',
    }),
    lines({
      title: 'Dead letters',
      description:
        'Messages and requests per second that were put aside, by reason. `npx firstlight replay` sends them again.',
      unit: 'ops',
      queries: [over(`sum by (reason) (${rate('firstlight_dead_letters_total')})`, '{{reason}}')],
      width: 12,
      empty: 'None',
    }),
  ];
}

function metrics() {
  return [
    lines({
      title: 'Event to visible',
      description:
        'Time from accepting an event to the snapshot that shows it, of the oldest event of each batch.',
      unit: 's',
      queries: [
        over(quantile(0.5, 'firstlight_event_visible_seconds'), 'p50', 'A'),
        over(quantile(0.99, 'firstlight_event_visible_seconds'), 'p99', 'B'),
      ],
      width: 8,
      empty: 'No events',
    }),
    lines({
      title: 'Age of the numbers',
      description:
        'Time since the database last confirmed what each metrics service shows. It is below 15 seconds when all is well.',
      unit: 's',
      queries: [over('firstlight_snapshot_age_seconds', '{{instance}}')],
      width: 8,
    }),
    lines({
      title: 'Time of a refresh',
      description: 'How long it takes to read the touched services again and to publish the snapshot.',
      unit: 's',
      queries: [
        over(quantile(0.5, 'firstlight_snapshot_refresh_seconds'), 'p50', 'A'),
        over(quantile(0.99, 'firstlight_snapshot_refresh_seconds'), 'p99', 'B'),
      ],
      width: 8,
    }),
    lines({
      title: 'Failed reads',
      description: 'How often per second the database could not be read; the last snapshot was served on.',
      unit: 'ops',
      queries: [over(`sum by (instance) (${rate('firstlight_snapshot_failures_total')})`, '{{instance}}')],
      width: 12,
    }),
    lines({
      title: 'Time of a scrape',
      description: 'How long Prometheus waits for each process.',
      unit: 's',
      queries: [over('scrape_duration_seconds{job=~"firstlight.*"}', '{{job}} {{instance}}')],
      width: 12,
    }),
  ];
}

function findings() {
  return [
    lines({
      title: 'Data-quality findings',
      description:
        'What the events of the longest window leave open, by reason; conflicting repeats since the beginning. docs/metrics.md says what each reason means.',
      unit: 'none',
      queries: [over('max by (reason) (firstlight_findings)', '{{reason}}')],
      width: 16,
    }),
    table({
      title: 'Findings now',
      description: 'The same as numbers. Receipts list what they are about.',
      unit: 'none',
      queries: [rows('max by (reason) (firstlight_findings)', 'A')],
      width: 8,
      height: 8,
    }).transformations([
      {
        id: 'organize',
        options: { excludeByName: { Time: true }, renameByName: { reason: 'Reason', Value: 'Findings' } },
      },
    ]),
  ];
}

/** Payloads of Flagger's webhooks, in the shape in which its controller sends them. */

export interface FlaggerSays {
  readonly message: string;
  readonly phase?: string;
  readonly checksum?: string;
  /** RFC 3339. */
  readonly time?: string;
  /** What the user put beside it. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export const flaggerEvent = ({
  message,
  phase = 'Progressing',
  checksum = '7c9f5d6b8',
  time = '2026-11-20T14:00:00.250Z',
  metadata = {},
}: FlaggerSays) => ({
  name: 'checkout',
  namespace: 'prod',
  phase,
  checksum,
  metadata: {
    ...metadata,
    eventMessage: message,
    eventType: /^(Halt|Rolling back|Canary failed|Promotion of)/.test(message) ? 'Warning' : 'Normal',
    timestamp: String(Date.parse(time)),
  },
});

/** A hook that decides something: an event without what Flagger itself adds. */
export const flaggerGate = (
  phase: string,
  metadata: Readonly<Record<string, string>> = { cluster: 'eu-1' },
) => ({
  name: 'checkout',
  namespace: 'prod',
  phase,
  checksum: '7c9f5d6b8',
  metadata,
});

/** What an alert provider of type slack posts. */
export const flaggerAlert = {
  channel: 'releases',
  username: 'flagger',
  icon_emoji: ':rocket:',
  attachments: [
    {
      color: 'danger',
      author_name: 'checkout.prod',
      text: 'Failed checks threshold reached 5',
      mrkdwn_in: ['text'],
      fields: [{ title: 'Cluster', value: 'eu-1', short: false }],
    },
  ],
};

/** Payloads of Flagger's webhooks, as its controller sends them. */

export interface FlaggerFields {
  readonly message: string;
  readonly phase?: string;
  readonly checksum?: string;
  /** RFC 3339. */
  readonly time?: string;
  /** Metadata that the user adds. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export const flaggerEvent = ({
  message,
  phase = 'Progressing',
  checksum = '7c9f5d6b8',
  time = '2026-11-20T14:00:00.250Z',
  metadata = {},
}: FlaggerFields) => ({
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

/** A gate: an event without the fields that Flagger adds. */
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

/** The payload of an alert provider of type slack. */
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

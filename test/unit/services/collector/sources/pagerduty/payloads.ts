/** Messages of PagerDuty's webhook, in their documented shapes. */

export const pagerdutyMessage = (
  type: string,
  { occurredAt = '2026-11-20T14:03:12.345Z', data = {} }: { occurredAt?: string; data?: object } = {},
) => ({
  event: {
    id: '01CGXQ2V1T7Z6J2S2B0N3Q3C4D',
    event_type: type,
    resource_type: 'incident',
    occurred_at: occurredAt,
    agent: null,
    client: null,
    data: {
      id: 'PGR0VU2',
      type: 'incident',
      number: 2,
      status: 'triggered',
      incident_key: 'd3640fbd41094207a1c11e58e46b1662',
      created_at: '2026-11-20T14:03:12Z',
      title: 'Checkout answers slowly',
      html_url: 'https://acme.pagerduty.com/incidents/PGR0VU2',
      service: { id: 'PF9KMXH', type: 'service_reference', summary: 'Checkout API' },
      urgency: 'high',
      priority: { id: 'PSO75BM', type: 'priority_reference', summary: 'P1' },
      teams: [],
      resolve_reason: null,
      ...data,
    },
  },
});

/** PagerDuty's test message for a new address. */
export const pagerdutyPing = {
  event: {
    id: '01DEN4HPBQAAAG05V5QQYBRZMF',
    event_type: 'pagey.ping',
    resource_type: 'pagey',
    occurred_at: '2026-11-20T14:00:00.000Z',
    agent: null,
    client: null,
    data: { message: 'Hello from your friend Pagey!', type: 'ping' },
  },
};

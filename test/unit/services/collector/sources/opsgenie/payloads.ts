/** A message of Opsgenie's webhook, in its documented shape. */
export const opsgenieMessage = (action: string, alert: object = {}) => ({
  action,
  source: { name: '', type: 'web' },
  integrationId: '37c8f316-17c6-49d7-899b-9c7e540c048d',
  integrationName: 'Firstlight',
  alert: {
    alertId: '052652ac-5d1c-464a-812a-7dd18bbfba8c',
    alias: 'checkout-errors',
    tinyId: '23',
    message: 'Checkout answers slowly',
    entity: 'checkout',
    priority: 'P1',
    tags: ['checkout', 'critical'],
    username: 'oncall@example.com',
    createdAt: 1795183391104,
    updatedAt: 1795183992166002000,
    ...alert,
  },
});

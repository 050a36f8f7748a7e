import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DeadRequest } from '../../../services/collector/publish/dead-requests.ts';
import { sources } from '../../../services/collector/sources/index.ts';
import { runs } from '../../support/run/properties.ts';
import { stories } from '../../support/senders/argo-stories.ts';
import { damagedOf } from '../../support/senders/damage.ts';
import {
  alertmanagerMessage,
  highErrorRate,
} from '../../unit/services/collector/sources/alertmanager/payloads.ts';
import { applicationBody } from '../../unit/services/collector/sources/argo-cd/payloads.ts';
import { bodyOf } from '../../unit/services/collector/sources/argo-rollouts/payloads.ts';
import {
  cdEvent,
  deployed,
  detected,
  packaged,
} from '../../unit/services/collector/sources/cdevents/payloads.ts';
import { flaggerEvent, flaggerGate } from '../../unit/services/collector/sources/flagger/payloads.ts';
import {
  deploymentStatus,
  mergedPullRequest,
  push,
} from '../../unit/services/collector/sources/github/payloads.ts';
import {
  deployment,
  mergeRequest,
  push as pushed,
} from '../../unit/services/collector/sources/gitlab/payloads.ts';
import { launchdarklyEntry, rolloutTo } from '../../unit/services/collector/sources/launchdarkly/payloads.ts';
import { opsgenieMessage } from '../../unit/services/collector/sources/opsgenie/payloads.ts';
import { pagerdutyMessage } from '../../unit/services/collector/sources/pagerduty/payloads.ts';
import { gradual, unleashEvent } from '../../unit/services/collector/sources/unleash/payloads.ts';
import { startCollector } from './running-collector.ts';

const sha = '7044a8a032e85b6ab611033b2ac8af7ce85805b2';

/** Payloads of each tool; GitHub's have their event in front. */
const payloads: Readonly<Record<string, readonly unknown[]>> = {
  'github pull_request': [mergedPullRequest(sha)],
  'github push': [push([{ id: 'a1' }, { id: 'a2' }])],
  'github deployment_status': [deploymentStatus('success')],
  gitlab: [mergeRequest('merge'), pushed([{ id: 'a1' }]), deployment('success')],
  'argo-rollouts': stories.flatMap(story => story.notifications.map(bodyOf)),
  'argo-cd': [applicationBody()],
  flagger: [
    flaggerEvent({ message: 'Advance checkout.prod canary weight 5' }),
    flaggerEvent({ message: 'Canary failed! Scaling down checkout.prod' }),
    flaggerGate('Progressing'),
  ],
  alertmanager: [alertmanagerMessage([highErrorRate])],
  alerts: [{ incident: '1', status: 'Triggered', service: 'shop' }],
  pagerduty: [pagerdutyMessage('incident.triggered')],
  opsgenie: [opsgenieMessage('Create')],
  unleash: [unleashEvent('feature-environment-enabled'), gradual('25')],
  launchdarkly: [launchdarklyEntry(['updateOn']), rolloutTo(25)],
  cdevents: [cdEvent(deployed), cdEvent(packaged), cdEvent(detected)],
};

test('there is a payload of every tool', () => {
  const tools = new Set(Object.keys(payloads).map(name => name.split(' ')[0]));
  expect(tools).toEqual(new Set(sources.keys()));
});

test.each(Object.keys(payloads))('no damaged payload of %s makes the collector fail', async name => {
  const kept: DeadRequest[] = [];
  const collector = await startCollector({
    webhooks: {
      secrets: { tokens: [] },
      deadRequests: { keep: async request => void kept.push(request) },
    },
  });
  const [tool, event = ''] = name.split(' ');
  const url = `${collector.url}/v1/webhooks/${tool}?mapping=datadog`;
  const headers = { 'content-type': 'application/json', 'x-github-event': event };
  const bodies = fc.oneof(
    {
      weight: 6,
      arbitrary: damagedOf(payloads[name] ?? []).map(body => Buffer.from(JSON.stringify(body ?? null))),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 50 }).map(bytes => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.constant(Buffer.from(`${'['.repeat(50_000)}`)) },
  );
  await fc.assert(
    fc.asyncProperty(bodies, async body => {
      const response = await fetch(url, { method: 'POST', headers, body });
      const answer = (await response.json()) as { accepted?: number };
      // Flagger would act on success of a gate.
      if (tool === 'flagger' && response.status === 400) return;
      expect([response.status, answer]).toEqual([202, { accepted: expect.any(Number) }]);
      if (answer.accepted !== 0) return;
      const last = kept.at(-1);
      if (last) expect(last.reason).not.toBe('failed');
    }),
    { numRuns: runs(60) },
  );
});

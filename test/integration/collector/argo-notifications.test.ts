import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { identify } from '../../../domain/events/identity.ts';
import { hashOf } from '../../../services/collector/access/tokens.ts';
import { argoCd } from '../../../services/collector/sources/argo-cd/argo-cd.ts';
import { argoRollouts } from '../../../services/collector/sources/argo-rollouts/argo-rollouts.ts';
import type { Source } from '../../../services/collector/sources/source.ts';
import { stories } from '../../support/senders/argo-stories.ts';
import { buildEngine, type EngineRequest, notify } from '../../support/senders/notifications-engine.ts';
import { parsed } from '../../support/senders/tool-request.ts';
import {
  type ApplicationFields,
  applicationBody,
  applicationObject,
  revisions,
} from '../../unit/services/collector/sources/argo-cd/payloads.ts';
import {
  analysisRun,
  bodyOf,
  type ControllerNotification,
  notification,
  timeOn20November,
} from '../../unit/services/collector/sources/argo-rollouts/payloads.ts';
import { type RunningCollector, startCollector } from './running-collector.ts';

/** The examples' notifications, rendered and sent by the engine of both controllers. */

const folderOf = (tool: string) => fileURLToPath(new URL(`../../../examples/${tool}/`, import.meta.url));
const configOf = (tool: string): Record<string, string> =>
  parse(readFileSync(`${folderOf(tool)}configmap.yaml`, 'utf8')).data;
const token = 'the-token-of-the-cluster';
const now = Date.parse('2026-11-21T12:00:00Z');

// The first build fetches and compiles the modules.
beforeAll(buildEngine, 900_000);

/** A collector with the cluster's token. */
const startWithToken = (): Promise<RunningCollector> =>
  startCollector({
    now: () => now,
    webhooks: {
      secrets: { tokens: [{ name: 'cluster', hash: hashOf(token) }] },
      deadRequests: {
        keep: async ({ detail }) => {
          throw new Error(detail);
        },
      },
    },
  });

const rolloutRequest = ({ at, trigger, object, runs }: ControllerNotification): EngineRequest => ({
  trigger,
  variable: 'rollout',
  object,
  now: timeOn20November(at),
  ...(runs.length > 0 && { analysisRuns: runs.map(analysisRun) }),
});
const applicationRequest = (fields: ApplicationFields = {}): EngineRequest => ({
  variable: 'app',
  object: applicationObject(fields),
  now: '2026-11-20T14:20:32Z',
});
/** The published events of these bodies. */
const expectedOf = (source: Source, bodies: readonly unknown[]) =>
  bodies.flatMap(body => parsed(source, body).events).map(event => identify(event, 'cluster', now).event);
const published = (collector: RunningCollector) => collector.published.map(({ event }) => event);

interface Request {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** The requests that the engine sends, received by a server that accepts all of them. */
async function requestsFrom(tool: string, requests: readonly EngineRequest[]): Promise<Request[]> {
  const received: Request[] = [];
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    received.push({ method, path: url, headers, body: JSON.parse(await text(request)) });
    response.writeHead(202).end();
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await notify(folderOf(tool), { url: `http://127.0.0.1:${port}/v1/webhooks/${tool}`, token }, requests);
  return received;
}

describe.each([
  ['argo-rollouts', rolloutRequest(notification('10:00', 'on-rollout-completed'))],
  ['argo-cd', applicationRequest()],
])('the example of %s', (tool, request) => {
  test('posts JSON with the token of the Secret', async () => {
    const [received] = await requestsFrom(tool, [request]);
    expect(received).toMatchObject({
      method: 'POST',
      path: `/v1/webhooks/${tool}`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    });
  });

  test('sends only fields that the source needs', async () => {
    const [received] = await requestsFrom(tool, [request]);
    expect(JSON.stringify(received?.body)).not.toMatch(/password|last-applied|containerPort|conditions/);
  });
});

describe('Argo Rollouts', () => {
  const triggers = Object.keys(configOf('argo-rollouts')).flatMap(
    key => /^trigger\.(.+)$/.exec(key)?.[1] ?? [],
  );

  test('has a template for each trigger that is subscribed to, and they differ in its name only', () => {
    const config = configOf('argo-rollouts');
    const [subscription] = parse(config['subscriptions'] ?? '');
    expect(subscription.triggers).toEqual(triggers);
    const bodies = triggers.map(trigger => config[`template.firstlight-${trigger}`]?.replace(trigger, ''));
    expect(new Set(bodies).size).toBe(1);
    expect(bodies[0]).toBeDefined();
  });

  test.each(stories)(
    'sends the notifications of $title as the source was tested with them',
    async ({ notifications: messages }) => {
      const collector = await startWithToken();
      const subscribed = messages.filter(({ trigger }) => triggers.includes(trigger));
      await notify(
        folderOf('argo-rollouts'),
        { url: `${collector.url}/v1/webhooks/argo-rollouts`, token },
        subscribed.map(rolloutRequest),
      );
      // The source ignores the notifications without a subscription too.
      expect(published(collector)).toEqual(expectedOf(argoRollouts, messages.map(bodyOf)));
    },
  );

  test('sends a Rollout with annotations, with quotes, and with a template elsewhere', async () => {
    const collector = await startWithToken();
    const fields = {
      podAnnotations: { 'dora/change': 'say "hello"\n<&>', other: 'x' },
      annotations: { 'dora/service': 'till' },
    };
    const bare = notification('10:00', 'on-rollout-completed');
    const { template, ...spec } = bare.object.spec;
    const { status, ...rest } = bare.object;
    const messages = [
      notification('10:00', 'on-rollout-completed', fields),
      { ...bare, object: { ...bare.object, spec } as typeof bare.object },
      { ...bare, object: rest as typeof bare.object },
      // A subscription for all objects includes analyses.
      { ...bare, object: { metadata: { name: 'run' }, spec: {} } as typeof bare.object },
    ];
    const url = `${collector.url}/v1/webhooks/argo-rollouts`;
    await notify(folderOf('argo-rollouts'), { url, token }, messages.map(rolloutRequest));
    expect(published(collector)).toEqual(expectedOf(argoRollouts, messages.map(bodyOf)));
    expect(published(collector)).toHaveLength(3);
    expect(published(collector)[0]).toMatchObject({ service: 'till', change: 'say "hello"\n<&>' });
  });

  test('is refused without the right token', async () => {
    const collector = await startWithToken();
    const url = `${collector.url}/v1/webhooks/argo-rollouts`;
    const request = rolloutRequest(notification('10:00', 'on-rollout-completed'));
    await expect(notify(folderOf('argo-rollouts'), { url, token: 'another' }, [request])).rejects.toThrow(
      /401/,
    );
    expect(collector.published).toEqual([]);
  });
});

describe('Argo CD', () => {
  const send = async (fields: readonly ApplicationFields[]) => {
    const collector = await startWithToken();
    const to = { url: `${collector.url}/v1/webhooks/argo-cd`, token };
    const triggers = await notify(folderOf('argo-cd'), to, fields.map(applicationRequest));
    return { triggers, events: published(collector) };
  };

  test('reports an application that is synced and healthy twice, as the same event', async () => {
    const { triggers, events } = await send([{}]);
    expect(triggers.toSorted()).toEqual([
      ['firstlight-exposed', ''],
      ['firstlight-exposed-once', '2026-11-20T14:19:50Z'],
    ]);
    const [expected] = expectedOf(argoCd, [applicationBody()]);
    expect(events).toEqual([expected, expected]);
  });

  test.each<ApplicationFields>([
    { health: 'Degraded' },
    { health: 'Progressing' },
    { phase: 'Failed' },
    { phase: 'Running' },
    { phase: null },
  ])('does not report %j', async fields => {
    expect(await send([fields])).toEqual({ triggers: [], events: [] });
  });

  test('reports an application with a Rollout, which the source ignores', async () => {
    expect((await send([{ kinds: ['Service', 'Rollout'] }])).events).toEqual([]);
  });

  test.each<ApplicationFields>([
    { annotations: { 'dora/change': 'c9', 'dora/environment': 'qa' } },
    { appliedImages: ['ghcr.io/acme/checkout:c3'], images: ['ghcr.io/acme/checkout:c2'] },
    { images: [] },
    { revisions: ['abc', 'def'] },
    {
      revision: revisions.first,
      history: [
        { id: 1, revision: revisions.first, parameters: 'a' },
        { id: 2, revision: revisions.first, parameters: 'b' },
        { id: 3, revision: revisions.first, parameters: 'b' },
      ],
    },
  ])('sends %j as the source was tested with it', async fields => {
    const [expected] = expectedOf(argoCd, [applicationBody(fields)]);
    expect((await send([fields])).events).toEqual([expected, expected]);
  });
});

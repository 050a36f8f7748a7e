import { alertmanager } from './alertmanager.ts';
import { alerts } from './alerts.ts';
import { argoCd } from './argo-cd.ts';
import { argoRollouts } from './argo-rollouts.ts';
import { cdevents } from './cdevents.ts';
import { flagger } from './flagger.ts';
import { github } from './github.ts';
import { gitlab } from './gitlab.ts';
import { launchdarkly } from './launchdarkly.ts';
import { opsgenie } from './opsgenie.ts';
import { pagerduty } from './pagerduty.ts';
import type { Source } from './source.ts';
import { unleash } from './unleash.ts';

const all: readonly Source[] = [
  github,
  gitlab,
  argoRollouts,
  argoCd,
  flagger,
  alertmanager,
  alerts,
  pagerduty,
  opsgenie,
  unleash,
  launchdarkly,
  cdevents,
];

/** Every tool's webhook by the word behind `/v1/webhooks/`. */
export const sources: ReadonlyMap<string, Source> = new Map(all.map(source => [source.tool, source]));

import { alertmanager } from './alertmanager/alertmanager.ts';
import { alerts } from './alerts/alerts.ts';
import { argoCd } from './argo-cd/argo-cd.ts';
import { argoRollouts } from './argo-rollouts/argo-rollouts.ts';
import { cdevents } from './cdevents/cdevents.ts';
import { flagger } from './flagger/flagger.ts';
import { github } from './github/github.ts';
import { gitlab } from './gitlab/gitlab.ts';
import { launchdarkly } from './launchdarkly/launchdarkly.ts';
import { opsgenie } from './opsgenie/opsgenie.ts';
import { pagerduty } from './pagerduty/pagerduty.ts';
import type { Source } from './source.ts';
import { unleash } from './unleash/unleash.ts';

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

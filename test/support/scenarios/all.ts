import { artifacts } from './artifacts.ts';
import { attribution } from './attribution.ts';
import { carried } from './carried.ts';
import { facts } from './facts.ts';
import { honesty } from './honesty.ts';
import { incidents } from './incidents.ts';
import { leadTime } from './lead-time.ts';
import { returns } from './returns.ts';
import { rollbacks } from './rollbacks.ts';
import type { Scenario } from './scenario.ts';
import { scopes } from './scopes.ts';
import { shares } from './shares.ts';

/** The definitions by examples, one subject after the other. */
export const scenarios: Readonly<Record<string, readonly Scenario[]>> = {
  'a rollout': facts,
  'a rollback': rollbacks,
  'lead time': leadTime,
  'frequency and shares': shares,
  incidents,
  'carried changes': carried,
  'names that stand for changes': artifacts,
  attribution,
  'an older version coming back': returns,
  'teams, fleet and windows': scopes,
  honesty,
};

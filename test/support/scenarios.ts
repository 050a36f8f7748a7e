import type { Scenario } from './scenario.ts';
import { aliases } from './scenarios/aliases.ts';
import { blame } from './scenarios/blame.ts';
import { carried } from './scenarios/carried.ts';
import { facts } from './scenarios/facts.ts';
import { honesty } from './scenarios/honesty.ts';
import { incidents } from './scenarios/incidents.ts';
import { leadTime } from './scenarios/lead-time.ts';
import { returns } from './scenarios/returns.ts';
import { rollbacks } from './scenarios/rollbacks.ts';
import { scopes } from './scenarios/scopes.ts';
import { shares } from './scenarios/shares.ts';

/** The definitions by examples, one subject after the other. */
export const scenarios: Readonly<Record<string, readonly Scenario[]>> = {
  'a rollout': facts,
  'a rollback': rollbacks,
  'lead time': leadTime,
  'frequency and shares': shares,
  incidents,
  'carried changes': carried,
  'names that stand for changes': aliases,
  blame,
  'an older version coming back': returns,
  'teams, fleet and windows': scopes,
  honesty,
};

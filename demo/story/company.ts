/** The invented company of the demo: a grocer on the web, with eight teams. */

/** How a service exposes its changes once its team has adopted progressive delivery. */
export type Habit = 'canary' | 'blue_green' | 'ab_test' | 'flag' | 'direct';

export interface DemoService {
  readonly name: string;
  readonly team: string;
  readonly habit: Habit;
  /** When the service adopts its habit, as a share of the story's weeks; Infinity: never. */
  readonly adopts: number;
  /** Releases per week, before and after the adoption. */
  readonly releases: readonly [before: number, after: number];
  /** A factor on the probability of failures. */
  readonly frailty: number;
  /** Whether it is also rolled out to a second region, which is another environment. */
  readonly regional: boolean;
  /** Whether its changes are pull requests, and its rollouts name the resulting commits as artifacts. */
  readonly byArtifact: boolean;
}

interface Team {
  readonly name: string;
  readonly adopts: number;
  readonly services: readonly (readonly [name: string, habit: Habit])[];
}

/** The teams in the order of their adoption. The nightly exports of the data team are always deployed directly. */
const teams: readonly Team[] = [
  {
    name: 'checkout',
    adopts: 0.12,
    services: [
      ['checkout', 'canary'],
      ['payments', 'canary'],
      ['vouchers', 'flag'],
      ['fraud-check', 'canary'],
      ['invoices', 'blue_green'],
    ],
  },
  {
    name: 'storefront',
    adopts: 0.2,
    services: [
      ['web-shop', 'flag'],
      ['basket', 'canary'],
      ['product-page', 'canary'],
      ['home-page', 'ab_test'],
      ['shop-gateway', 'blue_green'],
    ],
  },
  {
    name: 'accounts',
    adopts: 0.28,
    services: [
      ['sign-in', 'blue_green'],
      ['profiles', 'canary'],
      ['loyalty', 'canary'],
      ['consents', 'canary'],
      ['reviews', 'flag'],
    ],
  },
  {
    name: 'search',
    adopts: 0.36,
    services: [
      ['search', 'ab_test'],
      ['recommendations', 'ab_test'],
      ['catalogue', 'canary'],
      ['prices', 'canary'],
      ['stock', 'blue_green'],
    ],
  },
  {
    name: 'delivery',
    adopts: 0.45,
    services: [
      ['delivery-slots', 'canary'],
      ['routes', 'canary'],
      ['tracking', 'canary'],
      ['couriers', 'blue_green'],
      ['warehouse', 'canary'],
    ],
  },
  {
    name: 'mobile',
    adopts: 0.54,
    services: [
      ['mobile-api', 'canary'],
      ['push-messages', 'flag'],
      ['app-config', 'canary'],
      ['deep-links', 'canary'],
      ['app-feed', 'ab_test'],
    ],
  },
  {
    name: 'platform',
    adopts: 0.62,
    services: [
      ['edge-router', 'canary'],
      ['identity-proxy', 'blue_green'],
      ['mail-sender', 'canary'],
      ['image-resizer', 'canary'],
      ['jobs', 'canary'],
    ],
  },
  {
    name: 'data',
    adopts: 0.7,
    services: [
      ['forecasts', 'canary'],
      ['exports', 'direct'],
      ['events-lake', 'canary'],
      ['reports', 'blue_green'],
      ['experiments', 'canary'],
    ],
  },
];

/** The number of services in the whole company. */
export const servicesMax = teams.reduce((sum, team) => sum + team.services.length, 0);

/**
 * The services of the company, or the first of them: the first service of each team, then the second of each, and so on.
 * @param services the number of services, from 1 to {@link servicesMax}
 */
export function company(services = servicesMax): readonly DemoService[] {
  const ranks = Math.max(...teams.map(team => team.services.length));
  return Array.from({ length: ranks }, (_, rank) => rank)
    .flatMap(rank => teams.flatMap(team => serviceOf(team, rank)))
    .slice(0, services);
}

function serviceOf(team: Team, rank: number): DemoService[] {
  const [name, habit] = team.services[rank] ?? [];
  if (name === undefined || habit === undefined) return [];
  const busy = rank < 2;
  return [
    {
      name,
      team: team.name,
      habit,
      adopts: habit === 'direct' ? Infinity : team.adopts + rank * 0.015,
      releases: habit === 'direct' ? [1, 1] : [busy ? 2 : 1.6, busy ? 9 : 6],
      frailty: [1, 1.15, 0.9, 1.05, 0.9][rank] ?? 1,
      regional: rank === 0,
      byArtifact: team.name === 'platform' || team.name === 'mobile',
    },
  ];
}

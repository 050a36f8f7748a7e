import { resolve } from 'node:path';
import type { DatabaseLocation } from '../../store/schema/open.ts';

export interface BannerOptions {
  readonly url: string;
  /** Whether a sender needs a token. */
  readonly tokenNeeded: boolean;
  readonly location: DatabaseLocation;
}

/** The text on the terminal once the server is ready: the address of the page, and how to send a first event. */
export function banner({ url, tokenNeeded, location }: BannerOptions): string {
  const token = tokenNeeded ? ` -H "Authorization: Bearer $FIRSTLIGHT_TOKEN"` : '';
  const event = JSON.stringify({
    type: 'change_exposed',
    service: 'checkout',
    change: 'my-first-change',
    weight: 5,
  });
  const data =
    location.databaseUrl === undefined ? resolve(location.dataDir) : 'the PostgreSQL of DATABASE_URL';
  return `
  Firstlight is ready.

    The weekly page   ${url}/
    For Prometheus    ${url}/metrics
    The record is in  ${data}

  Send a first event:

    curl ${url}/v1/events${token} -H 'Content-Type: application/json' -d '${event}'

  Or the history of a repository that has release tags:

    npx firstlight import git PATH --url ${url}
${tokenNeeded ? '' : '\n  Without a token anyone on this machine may send events, so it listens on loopback only; INGEST_TOKEN sets one.\n'}
`;
}

import type { FastifyRequest } from 'fastify';

/** The parameters of an address; null, undefined and empty ones are left out. */
export type LinkQuery = Readonly<Record<string, string | null | undefined>>;

/** `?service=checkout&weeks=12` */
export function queryText(query: LinkQuery): string {
  const set = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === null || value === undefined || value === '' ? [] : [[name, value]],
  );
  return `?${new URLSearchParams(set)}`;
}

/** The weekly page. */
export const weeklyPageLink = (query: LinkQuery): string => `/${queryText(query)}`;

/** The page of receipts. */
export const receiptsLink = (query: LinkQuery): string => `/receipts${queryText(query)}`;

/** The page of a change's story. */
export function changeLink(service: string, change: string): string {
  return `/changes/${encodeURIComponent(service)}/${encodeURIComponent(change)}`;
}

/**
 * The address at which people reach this server, without a slash at the end.
 * @param publicUrl as the settings say; absent: as the request says
 */
export function baseOf(request: FastifyRequest, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '');
  // People paste this address into a shell, so a Host header with other characters must not reach the page.
  const host = /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i.test(request.host)
    ? request.host
    : '127.0.0.1:8080';
  return `${request.protocol}://${host}`;
}

import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { ConfigError, type Environment, readConfig } from '../process/config.ts';
import { problemOf, sendProblem } from './problem.ts';
import { isSameText } from './same-text.ts';

/** The settings of every process that serves pages or metrics, by the names of their environment variables. */
export const accessSettings = {
  READ_TOKEN: Type.Optional(
    Type.String({
      description: 'Asked for on /, /api and /metrics: as bearer token, or as the password of Basic',
    }),
  ),
};

/**
 * The read token; undefined when anyone may read.
 * @throws {ConfigError} when the token cannot be sent in a header
 */
export function readAccess(env: Environment): string | undefined {
  const { READ_TOKEN: token } = readConfig(Type.Object(accessSettings), env);
  if (token !== undefined && !/^[!-~]+$/.test(token))
    throw new ConfigError(['READ_TOKEN must be printable ASCII without spaces: it travels in a header']);
  return token;
}

/** Requires the token on every route of this scope; with an undefined token, every route is open. */
export function guard(scope: FastifyInstance, token: string | undefined): void {
  scope.addHook('onRequest', async (request, reply) => {
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    if (token === undefined || carriesToken(request.headers.authorization, token)) return;
    const detail = 'Send READ_TOKEN as bearer token, or as the password of Basic with any user name.';
    return sendProblem(reply, problemOf(401, detail), {
      'www-authenticate': 'Basic realm="Firstlight", charset="UTF-8"',
    });
  });
}

/**
 * Whether an Authorization header carries the token: as `Bearer <token>`, or as the password of
 * `Basic` with any user name. The comparison takes the same time for every input.
 */
export function carriesToken(authorization: string | undefined, token: string): boolean {
  const sent = tokenIn(authorization ?? '');
  return isSameText(sent ?? '', token) && sent !== null;
}

/** The token in an Authorization header: that of `Bearer`, or the password of `Basic`; null when there is none. */
export function tokenIn(authorization: string): string | null {
  const [scheme = '', credentials = ''] = authorization.split(/ +(.*)/s);
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return credentials.trim();
    case 'basic': {
      const pair = Buffer.from(credentials, 'base64').toString('utf8');
      const colon = pair.indexOf(':');
      return colon < 0 ? null : pair.slice(colon + 1);
    }
    default:
      return null;
  }
}

import { tokenIn } from '../../../platform/http/access.ts';
import { unauthorized } from '../routes/refusal.ts';
import type { Source, ToolRequest } from '../sources/source.ts';
import { verifyGithub, verifyGitlab } from './signatures.ts';
import { anonymous, type Client, clientOf, type Token } from './tokens.ts';

/** How tools prove who they are. */
export interface WebhookSecrets {
  /** Secret of GitHub's webhooks. */
  readonly github?: string;
  /** Secret or signing token of GitLab's webhooks. */
  readonly gitlab?: string;
  /** Tokens of the tools that send one; empty: none is asked for. */
  readonly tokens: readonly Token[];
}

/** Whether the tool signs the body, so that it can be judged only when that is there. */
export function signsBody(source: Source, secrets: WebhookSecrets): boolean {
  return source.scheme !== 'token' && secrets[source.scheme] !== undefined;
}

/**
 * Who sends a webhook: by the tool's own scheme where its secret is set, else by a token.
 * @param pathToken the last part of the path, for tools that can set no header
 * @param now milliseconds since 1970; a signature of GitLab is good for five minutes
 * @throws {Refusal} 401
 */
export function admit(
  source: Source,
  request: ToolRequest,
  pathToken: string | undefined,
  secrets: WebhookSecrets,
  now: number,
): Client {
  const { github, gitlab } = secrets;
  if (source.scheme === 'github' && github !== undefined)
    return signed(source, verifyGithub(github, request.headers, request.body), 'GITHUB_WEBHOOK_SECRET');
  if (source.scheme === 'gitlab' && gitlab !== undefined)
    return signed(source, verifyGitlab(gitlab, request.headers, request.body, now), 'GITLAB_WEBHOOK_TOKEN');
  return admitByToken(request.headers['authorization'], pathToken, secrets.tokens);
}

/**
 * Who sends a webhook with a token: as bearer, as password of Basic with any name, or as the last part of the path.
 * @throws {Refusal} 401
 */
export function admitByToken(
  authorization: string | undefined,
  pathToken: string | undefined,
  tokens: readonly Token[],
): Client {
  if (tokens.length === 0) return anonymous;
  const sent = pathToken ?? tokenIn(authorization ?? '');
  const client = sent === null ? null : clientOf(sent, tokens);
  if (client) return client;
  throw unauthorized(
    'Send a known token: as `Authorization: Bearer TOKEN`, as password of Basic, or as the last part of the path.',
  );
}

function signed(source: Source, isGood: boolean, setting: string): Client {
  if (isGood) return { name: source.tool };
  throw unauthorized(`The request is not signed with ${setting}; set the same secret at ${source.tool}.`);
}

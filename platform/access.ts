import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * Whether an Authorization header carries the token: as `Bearer <token>`, or as the password of
 * `Basic` with any user name. The comparison takes the same time whatever was sent.
 */
export function carriesToken(authorization: string | undefined, token: string): boolean {
  const sent = tokenIn(authorization ?? '');
  return timingSafeEqual(digest(sent ?? ''), digest(token)) && sent !== null;
}

function tokenIn(authorization: string): string | null {
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

// Of one length, as the comparison needs it, whatever the length of what was sent.
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

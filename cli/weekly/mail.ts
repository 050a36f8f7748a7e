import { isIP } from 'node:net';
import { exitStatus, Failure } from '../client/failure.ts';

export interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * Sends one mail by SMTP. Error messages contain the host of `smtp` only, because the URL may hold a password.
 * @param smtp `smtp://user:password@host:587` or `smtps://…` (TLS from the start). With `smtp:`, the mail goes over
 *   STARTTLS if the server offers it; a password is sent to another machine only with STARTTLS.
 * @throws {Failure}
 */
export async function sendMail(smtp: URL, mail: Mail, timeoutMs: number): Promise<void> {
  const { createTransport } = await import('nodemailer'); // loaded here, so that printing the report does not wait for it
  const secure = smtp.protocol === 'smtps:';
  const [user, pass] = [decode(smtp.username), decode(smtp.password)];
  const host = smtp.hostname.replace(/^\[|\]$/g, '');
  const transport = createTransport({
    host,
    port: smtp.port === '' ? (secure ? 465 : 587) : Number(smtp.port),
    secure,
    requireTLS: !secure && user !== '' && !isLoopback(host),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(user === '' ? {} : { auth: { user, pass } }),
  });
  try {
    const { rejected } = await transport.sendMail({ ...mail, to: [...mail.to] });
    if (rejected.length > 0)
      throw new Failure(
        `${smtp.host} took the mail, but not for ${rejected.map(String).join(', ')}. Check these addresses.`,
        exitStatus.refused,
      );
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw failureOf(error, smtp);
  } finally {
    transport.close();
  }
}

function failureOf(error: unknown, smtp: URL): Failure {
  const details: Record<string, unknown> = error instanceof Error ? { ...error } : {};
  const { code, responseCode, response } = details;
  if (code === 'EAUTH')
    return new Failure(
      `${smtp.host} does not accept the user and password (${responseCode ?? 'no login offered'}). Check --smtp or FIRSTLIGHT_SMTP_URL.`,
      exitStatus.refused,
    );
  if (code === 'ETLS')
    return new Failure(
      `${smtp.host} offers no TLS, and a password does not travel without. Use smtps://, or a server that offers STARTTLS.`,
      exitStatus.refused,
    );
  if (typeof responseCode === 'number' && typeof response === 'string')
    return new Failure(
      `${smtp.host} refused the mail: ${response}`,
      responseCode >= 500 ? exitStatus.refused : exitStatus.unavailable,
    );
  if (error instanceof Error && /certificate/i.test(error.message))
    return new Failure(
      `The mail was not sent: the certificate of ${smtp.host} is not trusted (${error.message}). NODE_EXTRA_CA_CERTS names a file of further authorities.`,
      exitStatus.unavailable,
    );
  return new Failure(
    `The mail was not sent: ${smtp.host} could not be reached (${String(code ?? 'unknown')}). Check --smtp or FIRSTLIGHT_SMTP_URL.`,
    exitStatus.unavailable,
  );
}

/** Decodes a part of a URL; a part with a wrong encoding stays as it is. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

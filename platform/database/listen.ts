import { Client, escapeIdentifier } from 'pg';
import type { Logger } from '../telemetry/log.ts';

const firstPauseMs = 100;
const longestPauseMs = 10_000;

/** A running {@link listen}. */
export interface Listener {
  stop(): Promise<void>;
}

/**
 * Receives PostgreSQL's notifications (NOTIFY) over a separate connection, and reconnects whenever it is lost.
 * Resolves after the first attempt to connect, even if that fails; later attempts follow in the background.
 * @param onNotify receives the payload of every notification ('' when it has none), and null each time the
 *   connection is restored: notifications may be missing, so the caller must read everything again
 */
export async function listen(
  url: string,
  channel: string,
  onNotify: (payload: string | null) => void,
  logger: Logger,
): Promise<Listener> {
  let client: Client | null = null;
  let timer: NodeJS.Timeout | undefined;
  let failures = 0;
  let stopped = false;
  let attempt: Promise<void> = Promise.resolve();

  const connect = async (): Promise<void> => {
    const next = new Client({
      connectionString: url,
      application_name: 'firstlight listen',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    });
    let lost = false;
    // pg may report the same loss twice: as an error and as an end.
    const onLost = (error?: Error) => {
      if (lost) return;
      lost = true;
      if (client === next) client = null;
      next.end().catch(() => {}); // the connection is broken; this only frees its socket
      if (stopped) return;
      if (failures === 0) logger.warn({ err: error, channel }, 'the listening database connection was lost');
      reconnectLater();
    };
    next.on('error', onLost);
    next.on('end', () => onLost());
    next.on('notification', message => onNotify(message.payload ?? ''));
    try {
      await next.connect();
      await next.query(`listen ${escapeIdentifier(channel)}`);
    } catch (error) {
      onLost(error instanceof Error ? error : new Error(String(error)));
      return;
    }
    if (lost) return;
    client = next;
    if (failures > 0 && !stopped) {
      failures = 0;
      logger.info({ channel }, 'the listening database connection stands again');
      onNotify(null);
    }
  };

  const reconnectLater = () => {
    const pauseMs = Math.min(firstPauseMs * 2 ** failures, longestPauseMs);
    failures += 1;
    // Half of the pause is random, so that many listeners do not reconnect at the same time.
    timer = setTimeout(
      () => {
        attempt = connect();
      },
      pauseMs * (0.5 + Math.random() / 2),
    );
  };

  attempt = connect();
  await attempt;
  return {
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await attempt;
      await client?.end();
    },
  };
}

import { Type } from 'typebox';
import { ConfigError, type Environment, readConfig } from '../../platform/config.ts';

/** The metrics service's settings, by the names of their environment variables. */
export const metricsSettings = {
  READ_TOKEN: Type.Optional(
    Type.String({
      description: 'Asked for on /, /api and /metrics: as bearer token, or as the password of Basic',
    }),
  ),
  WEEK_TIMEZONE: Type.String({
    default: 'UTC',
    description: 'Time zone of the weekly report, by its IANA name; weeks start on Monday',
  }),
};

export interface MetricsConfig {
  /** Absent: anyone may read. */
  readonly readToken: string | undefined;
  readonly timezone: string;
}

/**
 * The metrics service's settings.
 * @throws {ConfigError} with every problem at once
 */
export function readMetricsConfig(env: Environment): MetricsConfig {
  const settings = readConfig(Type.Object(metricsSettings), env);
  const problems: string[] = [];
  const { READ_TOKEN: readToken, WEEK_TIMEZONE: timezone } = settings;
  if (readToken !== undefined && !/^[!-~]+$/.test(readToken))
    problems.push('READ_TOKEN must be printable ASCII without spaces: it travels in a header');
  if (!isTimeZone(timezone))
    problems.push('WEEK_TIMEZONE must be the IANA name of a time zone, such as Europe/Berlin or UTC');
  if (problems.length > 0) throw new ConfigError(problems);
  return { readToken, timezone };
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

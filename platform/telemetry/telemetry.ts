import { ConfigError, type Environment } from '../process/config.ts';
import type { Logger } from './log.ts';
import type { Tracing } from './spans.ts';

export interface Telemetry {
  /** null when tracing is switched off: then no trace header is read or written. */
  readonly tracing: Tracing | null;
  /** Sends the remaining spans; gives up after two seconds. */
  stop(): Promise<void>;
}

/**
 * Starts to send traces if `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is set and
 * neither `OTEL_SDK_DISABLED=true` nor `OTEL_TRACES_EXPORTER=none` is. Otherwise OpenTelemetry is not even loaded.
 * @param env must be `process.env`: the SDK reads its other variables there
 * @param serviceName the name of the process, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` sets one
 * @param logger receives a warning now and then while traces cannot be sent
 * @throws {ConfigError} when an endpoint is not a URL
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export async function startTelemetry(
  env: Environment,
  serviceName: string,
  logger: Logger,
): Promise<Telemetry> {
  if (!isSwitchedOn(env)) return { tracing: null, stop: async () => {} };
  const problems = endpoints.filter(name => env[name] && !isHttpUrl(env[name])).map(urlProblem);
  if (problems.length > 0) throw new ConfigError(problems);
  const { startOpenTelemetry } = await import('./open-telemetry.ts');
  return startOpenTelemetry(env, serviceName, logger);
}

const endpoints = ['OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] as const;

function isSwitchedOn(env: Environment): boolean {
  const isDisabled = env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';
  const hasNoExporter = env['OTEL_TRACES_EXPORTER']?.split(',').some(name => name.trim() === 'none');
  return endpoints.some(name => env[name]) && !isDisabled && !hasNoExporter;
}

/** The SDK would replace a wrong URL by its default address and only warn. */
function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

function urlProblem(name: string): string {
  return `${name} must be a URL, such as http://127.0.0.1:4318`;
}

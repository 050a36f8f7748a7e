import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';

export type { Logger };

/** The meaning of the levels: error: a person must act; warn: the process recovered; info: starts, stops and the like. */
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  /** The part of the program that logs. */
  readonly name: string;
  /** Default `info`. */
  readonly level?: LogLevel;
  /** The stream for the lines. Default: standard output, as JSON, or as short lines when it is a terminal. */
  readonly destination?: DestinationStream;
}

/** A logger that writes one JSON object per line: `level`, `time` (RFC 3339), `name`, `msg` and the fields of the call. */
export function createLogger(options: LoggerOptions): Logger {
  return pino(
    {
      level: options.level ?? 'info',
      base: { name: options.name },
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: label => ({ level: label }) },
      serializers: { err: describeError, error: describeError },
      redact: { paths: secretPaths, censor: '[redacted]' },
    },
    options.destination ??
      (process.stdout.isTTY ? terminal(process.stdout) : pino.destination({ sync: true })),
  );
}

/** A logger that writes nothing. */
export const silentLogger: Logger = pino({ level: 'silent' });

const secrets = [
  'authorization',
  'cookie',
  '["x-hub-signature-256"]',
  '["x-gitlab-token"]',
  'password',
  'token',
  'secret',
];
const secretPaths = secrets.flatMap(secret => {
  const property = secret.startsWith('[') ? secret : `.${secret}`;
  return [secret, `*${property}`, `req.headers${property}`];
});

interface DescribedError {
  readonly type: string;
  readonly message: string;
  readonly stack: string;
  readonly code?: string;
  readonly aggregateErrors?: readonly unknown[];
}

/** Keeps the harmless properties of an error only: drivers attach the parameters of the statement to theirs. */
function describeError(error: unknown): unknown {
  return error instanceof Error ? safeProperties(stdSerializers.err(error)) : error;
}

function safeProperties(error: ReturnType<typeof stdSerializers.err>): DescribedError {
  const { type, message, stack, aggregateErrors } = error;
  const code: unknown = error['code'];
  return {
    type,
    message,
    stack,
    ...(typeof code === 'string' ? { code } : {}),
    ...(aggregateErrors === undefined ? {} : { aggregateErrors: aggregateErrors.map(safeProperties) }),
  };
}

/** Turns the JSON lines into short lines for people: `12:03:04 warn  name: message field=value`. */
export function terminal(out: NodeJS.WritableStream): DestinationStream {
  return new Writable({
    decodeStrings: false,
    write(line: string | Buffer, _encoding, done) {
      out.write(`${readable(String(line))}\n`);
      done();
    },
  });
}

function readable(line: string): string {
  const { level, time, name, msg, err, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const at = new Date(String(time)).toTimeString().slice(0, 8);
  const rest = Object.entries(fields).map(
    ([key, value]) =>
      `${key}=${typeof value === 'string' ? value : inspect(value, { breakLength: Number.POSITIVE_INFINITY })}`,
  );
  const head = [at, String(level).padEnd(5), `${name}:`, msg ?? '', ...rest].join(' ');
  const stack = (err as Partial<DescribedError> | undefined)?.stack;
  return stack === undefined ? head : `${head}\n${stack.replace(/^/gm, '    ')}`;
}

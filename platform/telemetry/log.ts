import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino';

export type { Logger };

/** What the levels promise: error: a person must act; warn: it healed itself; info: the life of the process. */
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LoggerOptions {
  /** Which part of the program speaks. */
  readonly name: string;
  /** Default `info`. */
  readonly level?: LogLevel;
  /** Where the lines go. Absent: standard output, as JSON, or as short lines when that is a terminal. */
  readonly destination?: DestinationStream;
}

/** A logger: one JSON object per line, with `level`, `time` (RFC 3339), `name`, `msg` and the fields given. */
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

/** A logger that says nothing. */
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

/** Names what may be logged of an error: drivers hang the statement's parameters on theirs. */
function describeError(error: unknown): unknown {
  return error instanceof Error ? listed(stdSerializers.err(error)) : error;
}

function listed(error: ReturnType<typeof stdSerializers.err>): DescribedError {
  const { type, message, stack, aggregateErrors } = error;
  const code: unknown = error['code'];
  return {
    type,
    message,
    stack,
    ...(typeof code === 'string' ? { code } : {}),
    ...(aggregateErrors === undefined ? {} : { aggregateErrors: aggregateErrors.map(listed) }),
  };
}

/** Turns the JSON lines into short ones for people: `12:03:04 warn  message  field=value`. */
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

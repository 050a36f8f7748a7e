import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Server } from './server.ts';

/** The parsed options of {@link withServerOptions}. */
export interface ServerOptions {
  readonly url: URL;
  readonly token?: string;
  readonly retries: number;
  readonly timeout: number;
}

/** The options of every command that talks to a server. */
export function serverOptions(): Option[] {
  return [
    new Option('--url <url>', 'the Firstlight server')
      .env('FIRSTLIGHT_URL')
      .argParser(parseUrl)
      .default(new URL('http://127.0.0.1:8080'), 'http://127.0.0.1:8080'),
    new Option('--token <token>', 'the token that the server asks for')
      .env('FIRSTLIGHT_TOKEN')
      .argParser(parseToken),
    new Option('--retries <number>', 'how often to try again when the server does not answer')
      .argParser(wholeNumber(0, 100))
      .default(4),
    new Option('--timeout <seconds>', 'how long to wait for each answer')
      .argParser(wholeNumber(1, 3600))
      .default(30),
  ];
}

/** Adds {@link serverOptions} to a command. */
export function withServerOptions(command: Command): Command {
  for (const option of serverOptions()) command.addOption(option);
  return command;
}

/** The server of the options. */
export function serverOf(options: ServerOptions): Server {
  return {
    url: options.url,
    token: options.token,
    retries: options.retries,
    timeoutMs: options.timeout * 1000,
  };
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new InvalidArgumentError(
      'It must be an http or https URL, such as https://firstlight.example.com.',
    );
  if (url.username !== '' || url.password !== '')
    throw new InvalidArgumentError('It must not hold a user or password: use --token.');
  return url;
}

function parseToken(text: string): string {
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new InvalidArgumentError('It must be printable ASCII without spaces.');
  return text;
}

function wholeNumber(min: number, max: number): (text: string) => number {
  return text => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
    return value;
  };
}

import { type Command, InvalidArgumentError } from 'commander';
import { newToken, parseTokens, type Token } from '../services/collector/access/tokens.ts';
import { exitStatus, Failure } from './client/failure.ts';

/** `firstlight token create NAME`: creates an ingestion token. */
export function addToken(program: Command): void {
  const token = program.command('token').description('make tokens for those who send events');
  token
    .command('create')
    .description('print a new token, and the entry for TOKENS_FILE that lets it in')
    .argument('<name>', 'who will use it; the source of events that name none', parseName)
    .option('--service <name>', 'a service that it may write; repeat it for more; absent: all', append)
    .option('--json', 'print {"token": …, "entry": …}')
    .action((name: string, options: { service?: string[]; json?: boolean }) => {
      const created = createToken(name, options.service);
      console.log(options.json ? JSON.stringify(created) : describe(created));
    });
}

/**
 * Creates a token and its entry for `TOKENS_FILE`.
 * @throws {Failure} when the collector would refuse the entry
 */
function createToken(name: string, services: string[] | undefined): { token: string; entry: Token } {
  const { token, hash } = newToken();
  const entry: Token = services === undefined ? { name, hash } : { name, hash, services };
  const { faults } = parseTokens(JSON.stringify({ tokens: [entry] }));
  if (faults.length > 0) throw new Failure(`No token was made: ${faults.join('; ')}.`, exitStatus.usage);
  return { token, entry };
}

function describe({ token, entry }: { token: string; entry: Token }): string {
  return [
    token,
    '',
    'This is the token itself, shown only now; its user sets it as FIRSTLIGHT_TOKEN or --token.',
    'Add this entry to "tokens" in the file that TOKENS_FILE names ({"tokens": [ … ]}), and restart the collector:',
    '',
    JSON.stringify(entry),
  ].join('\n');
}

function parseName(text: string): string {
  if (!/^[^\p{Cc}]{1,200}$/u.test(text))
    throw new InvalidArgumentError('It must have 1 to 200 characters, and no control characters.');
  return text;
}

function append(text: string, previous: readonly string[] | undefined): string[] {
  return [...(previous ?? []), text];
}

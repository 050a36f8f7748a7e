import { runProgram } from '../product/program.ts';

/**
 * Runs kcat, the Kafka client of librdkafka, which shares no code with ours: `kcat(['-b', brokers, '-L'])`.
 * @param input what it reads from standard input: with `-P`, one message per line
 * @returns its standard output
 */
export async function kcat(args: readonly string[], input = ''): Promise<string> {
  return await runProgram('kcat', args, { debianPackages: 'kcat', input });
}

import { runProgram } from '../product/program.ts';

/**
 * Runs kcat, a client of librdkafka, which shares no code with kafkajs: `kcat(['-b', brokers, '-L'])`.
 * @param input the standard input: with `-P`, one message per line
 * @returns the standard output
 */
export async function kcat(args: readonly string[], input = ''): Promise<string> {
  return await runProgram('kcat', args, { debianPackages: 'kcat', input });
}

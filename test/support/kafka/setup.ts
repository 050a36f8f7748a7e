import type { TestProject } from 'vitest/node';
import { waitFor } from '../product/process.ts';
import { startKafka } from './server.ts';
import { kafkaAnswers } from './topic.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The brokers of the Kafka that all tests share: `host:port`, separated by commas. */
    kafka: string;
  }
}

/** Starts a Kafka once for a run of the tests that need it, or takes that of `KAFKA_BROKERS`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env['KAFKA_BROKERS'];
  if (given) {
    await waitFor(() => kafkaAnswers(given), {
      what: `an answer of the Kafka that KAFKA_BROKERS names (${given}; unset it, and the tests start their own)`,
    });
    project.provide('kafka', given);
    return async () => {};
  }
  const server = await startKafka();
  project.provide('kafka', server.brokers);
  return server.stop;
}

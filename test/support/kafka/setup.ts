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

/** Starts one Kafka for all tests of a run, or uses that of `KAFKA_BROKERS`. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const brokers = process.env['KAFKA_BROKERS'];
  if (brokers) {
    await waitFor(() => kafkaAnswers(brokers), {
      what: `an answer of the Kafka that KAFKA_BROKERS names (${brokers}; unset it, and the tests start their own)`,
    });
    project.provide('kafka', brokers);
    return async () => {};
  }
  const server = await startKafka();
  project.provide('kafka', server.brokers);
  return server.stop;
}

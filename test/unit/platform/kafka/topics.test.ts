import type { Admin } from 'kafkajs';
import { expect, test } from 'vitest';
import { deadLetterTopic, ensureTopic, eventTopic } from '../../../../platform/kafka/topics.ts';

type Fake = Pick<Admin, 'listTopics' | 'describeCluster' | 'createTopics'>;
type Created = Parameters<Admin['createTopics']>[0]['topics'];

/** The part of Kafka's admin client that creating a topic needs. */
function fakeAdmin({ topics = [] as string[], brokers = 1, error = null as Error | null } = {}) {
  const created: Created = [];
  const fake: Fake = {
    listTopics: async () => topics,
    describeCluster: async () => ({
      brokers: Array.from({ length: brokers }, (_, nodeId) => ({ nodeId, host: 'kafka', port: 9092 })),
      controller: 0,
      clusterId: 'test',
    }),
    createTopics: async options => {
      if (error) throw error;
      created.push(...options.topics);
      return true;
    },
  };
  return { admin: fake as Admin, created };
}

const events = eventTopic({ topic: 'dora.events', partitions: 12 });

test('an existing topic is not changed', async () => {
  const { admin, created } = fakeAdmin({ topics: ['dora.events'] });
  expect(await ensureTopic(admin, events)).toBe(false);
  expect(created).toEqual([]);
});

test.each([
  [1, 1, undefined],
  [2, 2, undefined],
  [3, 3, '2'],
  [5, 3, '2'],
])(
  'on %i brokers a new topic has %i replicas, of which %s must be in sync',
  async (brokers, replicas, inSync) => {
    const { admin, created } = fakeAdmin({ brokers });
    expect(await ensureTopic(admin, events)).toBe(true);
    expect(created).toMatchObject([{ topic: 'dora.events', numPartitions: 12, replicationFactor: replicas }]);
    const entries = created[0]?.configEntries ?? [];
    expect(entries.find(({ name }) => name === 'min.insync.replicas')?.value).toBe(inSync);
  },
);

test('dead letters have one partition and are kept for ever', () => {
  expect(deadLetterTopic({ topic: 'dora.events' })).toMatchObject({
    topic: 'dora.events.dlq',
    partitions: 1,
    settings: { 'retention.ms': '-1' },
  });
});

test('a user who may not create the topic gets advice', async () => {
  const nested = Object.assign(new Error('several'), {
    errors: [Object.assign(new Error('x'), { type: 'TOPIC_AUTHORIZATION_FAILED' })],
  });
  for (const error of [nested, new Error('Not authorized to access topics')])
    await expect(ensureTopic(fakeAdmin({ error }).admin, events)).rejects.toThrow(
      /with 12 partitions, or allow/,
    );
  const other = new Error('broker not available');
  await expect(ensureTopic(fakeAdmin({ error: other }).admin, events)).rejects.toBe(other);
});
